"""Records which policy rules the tests exercise: the questions that requests ask policy, evaluated over their databases.

A pytest plugin. It listens where resolvers ask policy and where operations end. When a test ends, it evaluates the rules that
apply to the questions, for each viewer that asked, over the rows stored then. The gateway doesn't know the plugin.

With pytest-xdist each worker collects what its tests exercise and sends it to the controller when it ends. Only the controller
writes the record, so workers can't overwrite each other's rules.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest
import strawberry
from graphql import DocumentNode, FieldNode, TypeInfo, TypeInfoVisitor, Visitor, visit
from strawberry.schema.schema_converter import GraphQLCoreConverter

import server
from commands.policy.coverage import RECORD
from policies.analysis.coverage import Coverage, countable_rules, read_coverage
from policies.catalogue import CATALOGUE
from policies.evaluation.policy import Policy
from policies.language.actions import ACTIONS
from policies.language.source import digest, read_texts
from policies.sealed_viewer import SealedViewer
from policies.viewer import Shape
from resolvers.context import Context
from schema.building.fields import FieldDefinition
from schema.extensions.auditing import Auditing, Executed
from tests.outcomes import Outcomes, PolicyQuestions, Question

TOO_LARGE: Final = "tests/scale/"  # these tables are too large to read as a whole
DOCUMENT_CACHE_SIZE: Final = 1024
WORKER_OUTPUT_KEY: Final = "exercised"  # in `workeroutput`, where a worker sends its coverage


class PolicyCoveragePlugin:
    """Collects what one run of pytest exercises, and adds it to the record."""

    def __init__(self, record: Path = RECORD) -> None:
        self.record = record
        self.version = digest(read_texts(server.POLICIES))
        known = read_coverage(record)
        self.coverage = known if known and known.version == self.version else Coverage(self.version)
        self.asked = PolicyQuestions()
        self._outcomes: Outcomes | None = None
        self._is_new = False  # whether this run has exercised anything
        self._patches = ExitStack()

    def pytest_sessionstart(self) -> None:
        """Start listening."""
        for owner, name, wrapped in (
            (Policy, "decide", self._decide),
            (Policy, "can", self._ability),
            (Policy, "denial_reason", self._ability),
            (Context, "_begin", self._begin),
            (Auditing, "read", self._read),
        ):
            self._patches.enter_context(patch.object(owner, name, wrapped(getattr(owner, name))))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Evaluate a test's questions while its database still exists."""
        try:
            return (yield)
        finally:
            questions, self.asked = self.asked, PolicyQuestions()
            if questions.questions and not item.nodeid.startswith(TOO_LARGE):
                self.evaluate(questions)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send the coverage to the controller, or write the record."""
        sent = getattr(session.config, "workeroutput", None)
        if sent is None:
            self.close()
        else:
            self._stop()
            sent[WORKER_OUTPUT_KEY] = self.coverage.seen_as_lists()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add a worker's coverage. A worker that crashed sends none, and the run fails."""
        sent: dict[str, list[int]] | None = getattr(node, "workeroutput", {}).get(WORKER_OUTPUT_KEY)
        if sent is not None:
            self.coverage.merge(Coverage(self.version, {place: set(numbers) for place, numbers in sent.items()}))
            self._is_new = True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print how much of policy is exercised so far."""
        if self._is_new:
            rules = countable_rules(server.load_policy().rules)
            terminalreporter.write_line(f"policy: {self.coverage.summary(rules)}")

    def close(self) -> None:
        """Stop listening and write the record, merged with what other runs have written meanwhile."""
        self._stop()
        if self._is_new:
            other = read_coverage(self.record)
            self.coverage.merge(other or self.coverage)
            self.coverage.save(self.record)

    def _stop(self) -> None:
        self._patches.close()
        if self._outcomes is not None:
            self._outcomes.close()

    def evaluate(self, questions: PolicyQuestions) -> None:
        """Record which rules held and failed for the questions."""
        self._is_new = True
        if self._outcomes is None:
            self._outcomes = Outcomes(server.load_policy(), read_texts(server.POLICIES))
        self._outcomes.evaluate(questions, self.coverage)

    def _note(self, policy: Policy, shape: Shape, *questions: Question) -> None:
        if policy.version == self.version:
            self.asked.questions.update((shape, question) for question in questions)

    def _decide(self, decide: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(policy: Policy, shape: Shape, entity: str, action: str = "read") -> Any:
            if by_a_resolver(sys._getframe(1).f_globals["__name__"]):
                self._note(policy, shape, Question(entity, action))
            return decide(policy, shape, entity, action)

        return recorded

    def _ability(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(policy: Policy, shape: Shape, ability: str) -> Any:
            if by_a_resolver(sys._getframe(1).f_globals["__name__"]):
                self._note(policy, shape, Question(None, ability))
            return answer(policy, shape, ability)

        return recorded

    def _begin(self, begin: Callable[..., None]) -> Callable[..., None]:
        def begun(context: Context, *viewer: Any) -> None:
            begin(context, *viewer)
            viewers = [each for each in (context.viewer, context.requester) if not isinstance(each, SealedViewer)]
            self.asked.viewers.update((context.services.engine.url, each) for each in viewers)

        return begun

    def _read(self, read_fields: Callable[..., Any]) -> Callable[..., Any]:
        def ended(auditing: Auditing, executed: Executed, data: Any) -> Any:
            if isinstance(executed.context, Context) and data is not None and executed.text and executed.document:
                questions = selected(executed.schema, executed.text, executed.document)
                self._note(executed.context.policy, executed.context.viewer.shape, *questions)
            return read_fields(auditing, executed, data)

        return ended


def by_a_resolver(module: str) -> bool:
    """Whether a request asks. Commands and schema descriptions ask policy for every viewer, which doesn't count."""
    return module.startswith("resolvers.")


def selected(schema: strawberry.Schema, text: str, document: DocumentNode) -> tuple[Question, ...]:
    """Return the questions that a document's selections ask policy. A cached plan doesn't ask them when it runs again."""
    return _selected(schema, text, _ByText(document))


class _ByText:
    """A document that the cache identifies by its text alone."""

    def __init__(self, document: DocumentNode) -> None:
        self.document = document

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByText)

    def __hash__(self) -> int:
        return 0


@lru_cache(DOCUMENT_CACHE_SIZE)
def _selected(schema: strawberry.Schema, _text: str, whole: _ByText) -> tuple[Question, ...]:
    info, found = TypeInfo(schema._schema), _Selected()
    found.info = info
    visit(whole.document, TypeInfoVisitor(info, found))
    return tuple(dict.fromkeys(found.questions))


class _Selected(Visitor):
    info: TypeInfo

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[Question] = []

    def enter_field(self, _node: FieldNode, *_rest: Any) -> None:
        """Collect the questions that a selected field asks."""
        parent, field = self.info.get_parent_type(), self.info.get_field_def()
        definition = field and (field.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if parent is not None and definition is not None:
            self.questions += _questions_of(parent.name, definition)


def _questions_of(entity: str, field: Any) -> Iterator[Question]:
    """Yield the questions that a field asks: to read the row and the field, the actions on the row, or an ability."""
    if isinstance(field, FieldDefinition) and field.ability is not None:
        yield Question(None, field.ability)
    if entity not in CATALOGUE:
        return
    yield Question(entity, "read")
    yield Question(entity, "read", field.python_name)
    if field.python_name == "viewer_can":
        yield from (Question(entity, action) for action in ACTIONS[entity])
