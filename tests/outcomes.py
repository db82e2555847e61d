"""Outcomes of rules: which rules apply to a viewer's question, and in which branch each of them ends for some row.

Rules about the viewer alone need no statement. Rules about rows are evaluated over all rows of a table by one statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from policies.analysis.coverage import Coverage, countable_rules
from policies.catalogue import CATALOGUE
from policies.evaluation.compiler import Prefixes
from policies.evaluation.policy import Policy
from policies.evaluation.shape_memo import ShapeMemo
from policies.facts import Facts
from policies.language.source import ABILITIES, FIELD_RULES, ROW_RULES, Rule, Text
from policies.language.syntax import calls
from policies.predicates.predicate import FALSE, TRUE, Predicate, conj, negate
from policies.predicates.sql import to_column, to_sql, viewer_parameters
from policies.viewer import Shape, Viewer

STATEMENT_CACHE_SIZE: Final = 2048
STATEMENT_TIMEOUT: Final = 60  # in seconds


@dataclass(frozen=True, slots=True)
class Question:
    """A question to policy: an action on rows of a type, a field of them, or an ability, which has no type."""

    entity: str | None
    action: str
    field: str | None = None


@dataclass(slots=True)
class PolicyQuestions:
    """The viewers of requests with their databases, and the questions with their viewers' shapes."""

    viewers: set[tuple[sa.URL, Viewer]] = field(default_factory=set)
    questions: set[tuple[Shape, Question]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a type: all stored ones, or for questions about fields, those that the viewer reads."""

    url: sa.URL
    viewer: Viewer
    entity: str
    of_fields: bool


Ends = tuple[tuple[int, Predicate], ...]
"""The branches of a rule, each with the predicate of the rows for which the rule ends there."""
Wanted = dict[Table, dict[Predicate, list[tuple[Rule, int]]]]


class Outcomes:
    """Evaluates the rules of one policy."""

    def __init__(self, policy: Policy, texts: tuple[Text, ...]) -> None:
        self._policy = policy
        self.rules = countable_rules(policy.rules)
        self._prefixes = Prefixes(texts, policy.rules, policy.catalogue)
        self._known = ShapeMemo()
        self._concerned: dict[Question, tuple[Rule, ...]] = {}
        self._ends: dict[tuple[str, str, Shape], Ends] = {}
        self._engine: sa.Engine | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._engine is not None:
            self._engine.dispose()

    def evaluate(self, questions: PolicyQuestions, coverage: Coverage) -> None:
        """Record how the rules end for the questions. Branches already recorded are skipped."""
        viewers: defaultdict[Shape, list[tuple[sa.URL, Viewer]]] = defaultdict(list)
        for url, viewer in questions.viewers:
            viewers[viewer.shape].append((url, viewer))
        wanted: Wanted = defaultdict(lambda: defaultdict(list))
        for shape, question in questions.questions:
            for rule, branch, rows in self._missing(shape, question, coverage):
                if rows == TRUE and _types(rule) == set():
                    coverage.record(rule, branch)
                    continue
                for url, viewer in viewers[shape]:
                    table = Table(url, viewer, question.entity or "", question.field is not None)
                    wanted[table][rows].append((rule, branch))
        for table, predicates in wanted.items():
            self._look(table, predicates, coverage)

    def _missing(self, shape: Shape, question: Question, coverage: Coverage) -> Iterator[tuple[Rule, int, Predicate]]:
        """Yield the unrecorded branches of a question's rules that can be reached for the viewer's shape."""
        for rule in self.concerned(question):
            missing = coverage.missing(rule)
            for branch, rows in self._of(rule, question, shape) if missing else ():
                if branch in missing and rows != FALSE:
                    yield rule, branch, rows

    def concerned(self, question: Question) -> tuple[Rule, ...]:
        """Return the rules that answer a question, and the rules they call, for the same type or for the viewer alone."""
        if question not in self._concerned:
            found = dict.fromkeys(rule for rule in self.rules if _answers(rule, question))
            pending = list(found)
            while pending:
                names = {call.rule for call in calls(pending.pop().body)}
                more = [rule for rule in self.rules if rule.name in names and rule not in found and _is_of(rule, question)]
                found |= dict.fromkeys(more)
                pending += more
            self._concerned[question] = tuple(found)
        return self._concerned[question]

    def _of(self, rule: Rule, question: Question, shape: Shape) -> Ends:
        """Return how a rule ends for viewers of a shape. The result is the same for all fields that a field rule names."""
        key = (rule.place, question.action, shape)
        if key not in self._ends:

            def find(viewer: Facts) -> Ends:
                return _ends(self._prefixes.rows(rule, viewer, question.action, question.field))

            self._ends[key] = self._known.get(key[:2], shape, find)
        return self._ends[key]

    def _look(self, table: Table, predicates: dict[Predicate, list[tuple[Rule, int]]], coverage: Coverage) -> None:
        """Record the branches in which a rule ends for any row of a table."""
        read = self._policy.decide(table.viewer.shape, table.entity).rows if table.of_fields else TRUE
        statement = _statement(table.entity, tuple(predicates), read)
        try:
            connection = self._at(table.url).connect()
        except sa.exc.OperationalError:  # the test has dropped its database, or stopped its server
            return
        with connection, suppress(sa.exc.ProgrammingError):  # the test has dropped a table
            found = connection.execute(statement, viewer_parameters(table.viewer)).one()
            for seen, ends in zip(found, predicates.values(), strict=True):
                for rule, branch in ends if seen else ():
                    coverage.record(rule, branch)

    def _at(self, url: sa.URL) -> sa.Engine:
        """Return an engine for a database. Only the latest one is kept. Its connection ends when the database is emptied."""
        address = url.set(drivername="postgresql+psycopg")
        if self._engine is None or self._engine.url != address:
            self.close()
            options = {"options": f"-c statement_timeout={STATEMENT_TIMEOUT}s"}
            self._engine = sa.create_engine(
                address, pool_size=1, pool_pre_ping=True, isolation_level="AUTOCOMMIT", connect_args=options
            )
        return self._engine


@lru_cache(STATEMENT_CACHE_SIZE)
def _statement(entity: str, predicates: tuple[Predicate, ...], read: Predicate) -> sa.Select[Any]:
    """Return a statement that selects, for each predicate, whether any row matching `read` matches it."""
    kind = CATALOGUE[entity]
    table = kind.table.alias("t")
    columns = [sa.func.bool_or(to_column(each, kind, table)) for each in predicates]
    return sa.select(*columns).select_from(table).where(to_sql(read, kind, table))


def _ends(upto: tuple[Predicate, ...]) -> Ends:
    """Return, for each part, the rows for which it's the first to fail, then those for which all parts hold."""
    before = (TRUE, *upto)
    failing = tuple((number, conj((before[number], negate(rows)))) for number, rows in enumerate(upto))
    return (*failing, (len(upto), before[-1]))


def _answers(rule: Rule, question: Question) -> bool:
    """Whether a rule itself answers a question."""
    if question.entity is None:
        return rule.name in ABILITIES and rule.arguments[1].literal == question.action
    names = ROW_RULES if question.field is None else FIELD_RULES
    return (
        rule.name in names
        and rule.concerns(question.entity, question.action)
        and (question.field is None or rule.names(question.field))
    )


def _is_of(rule: Rule, question: Question) -> bool:
    """Whether a called rule is about the question's type or about no type."""
    return _types(rule) <= {question.entity}


def _types(rule: Rule) -> set[str | None]:
    """Return the types of the rows that a rule is about: none if it's about the viewer alone."""
    return {argument.type for argument in rule.arguments} - {None, "Viewer"}
