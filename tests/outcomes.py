"""What rules come to: for each question of a viewer the rules that have a say, each with the branch in which it ends for some row.

Rules of the viewer alone need no statement; what is decided of rows is asked of all rows of a table at once, and not without any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from policies.catalogue import CATALOGUE
from policies.compiler import Prefixes
from policies.coverage import Coverage, countable
from policies.facts import Facts
from policies.policy import Policy
from policies.predicate import FALSE, TRUE, Predicate, conj, negate
from policies.shape_memo import ShapeMemo
from policies.source import ABILITIES, FIELD_RULES, ROW_RULES, Rule, Text
from policies.sql import to_column, to_sql, viewer_parameters
from policies.syntax import calls
from policies.viewer import Shape, Viewer

STATEMENT_CACHE_SIZE: Final = 2048
STATEMENT_TIMEOUT: Final = 5  # that a statement may take


@dataclass(frozen=True, slots=True)
class Question:
    """What policy is asked: an action on rows of a type, a field of them, or an ability, which is of no type."""

    entity: str | None
    action: str
    field: str | None = None


@dataclass(slots=True)
class PolicyQuestions:
    """Who began requests in which databases, and what was asked for viewers of which shape."""

    viewers: set[tuple[sa.URL, Viewer]] = field(default_factory=set)
    questions: set[tuple[Shape, Question]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a type: all that are stored, or those that a viewer reads, of which alone it is asked what their fields are."""

    url: sa.URL
    viewer: Viewer
    entity: str
    of_fields: bool


Ends = tuple[tuple[int, Predicate], ...]
"""The branches of a rule, each with the rows of which it ends so."""
Wanted = dict[Table, dict[Predicate, list[tuple[Rule, int]]]]


class Outcomes:
    """Evaluates the rules of one policy."""

    def __init__(self, policy: Policy, texts: tuple[Text, ...]) -> None:
        self._policy = policy
        self.rules = countable(policy.rules)
        self._prefixes = Prefixes(texts, policy.rules, policy.catalogue)
        self._known = ShapeMemo()
        self._concerned: dict[Question, tuple[Rule, ...]] = {}
        self._ends: dict[tuple[str, str, Shape], Ends] = {}
        self._engine: sa.Engine | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._engine is not None:
            self._engine.dispose()

    def evaluate(self, asked: PolicyQuestions, coverage: Coverage) -> None:
        """Note how the rules end for what was asked, as far as that was not seen before."""
        viewers: defaultdict[Shape, list[tuple[sa.URL, Viewer]]] = defaultdict(list)
        for url, viewer in asked.viewers:
            viewers[viewer.shape].append((url, viewer))
        wanted: Wanted = defaultdict(lambda: defaultdict(list))
        for shape, question in asked.questions:
            for rule, branch, rows in self._missing(shape, question, coverage):
                if rows == TRUE and _types(rule) == set():
                    coverage.note(rule, branch)
                    continue
                for url, viewer in viewers[shape]:
                    table = Table(url, viewer, question.entity or "", question.field is not None)
                    wanted[table][rows].append((rule, branch))
        for table, predicates in wanted.items():
            self._look(table, predicates, coverage)

    def _missing(self, shape: Shape, question: Question, coverage: Coverage) -> Iterator[tuple[Rule, int, Predicate]]:
        """The branches that were not seen of the rules that a question concerns, where a viewer may come to them."""
        for rule in self.concerned(question):
            missing = coverage.missing(rule)
            for branch, rows in self._of(rule, question, shape) if missing else ():
                if branch in missing and rows != FALSE:
                    yield rule, branch, rows

    def concerned(self, question: Question) -> tuple[Rule, ...]:
        """The rules that have a say, and those that they ask, of the same type or of the viewer alone."""
        if question not in self._concerned:
            found = dict.fromkeys(rule for rule in self.rules if _answers(rule, question))
            ahead = list(found)
            while ahead:
                names = {call.rule for call in calls(ahead.pop().body)}
                more = [rule for rule in self.rules if rule.name in names and rule not in found and _is_of(rule, question)]
                found |= dict.fromkeys(more)
                ahead += more
            self._concerned[question] = tuple(found)
        return self._concerned[question]

    def _of(self, rule: Rule, question: Question, shape: Shape) -> Ends:
        """How a rule ends for viewers of a shape; for all fields that a field rule names alike."""
        key = (rule.place, question.action, shape)
        if key not in self._ends:

            def find(viewer: Facts) -> Ends:
                return _ends(self._prefixes.rows(rule, viewer, question.action, question.field))

            self._ends[key] = self._known.of(key[:2], shape, find)
        return self._ends[key]

    def _look(self, table: Table, predicates: dict[Predicate, list[tuple[Rule, int]]], coverage: Coverage) -> None:
        """Note the branches in which a rule ends for a row of a table."""
        read = self._policy.decide(table.viewer.shape, table.entity).rows if table.of_fields else TRUE
        statement = _statement(table.entity, tuple(predicates), read)
        try:
            with self._at(table.url).connect() as connection:
                found = connection.execute(statement, viewer_parameters(table.viewer)).one()
        except sa.exc.DBAPIError:  # the database went away, which may be what the test is about
            return
        for seen, ends in zip(found, predicates.values(), strict=True):
            for rule, branch in ends if seen else ():
                coverage.note(rule, branch)

    def _at(self, url: sa.URL) -> sa.Engine:
        """A connection to one database at a time: no name is used twice."""
        address = url.set(drivername="postgresql+psycopg")
        if self._engine is None or self._engine.url != address:
            self.close()
            options = {"options": f"-c statement_timeout={STATEMENT_TIMEOUT}s"}
            self._engine = sa.create_engine(address, pool_size=1, isolation_level="AUTOCOMMIT", connect_args=options)
        return self._engine


@lru_cache(STATEMENT_CACHE_SIZE)
def _statement(entity: str, predicates: tuple[Predicate, ...], read: Predicate) -> sa.Select[Any]:
    """For each predicate, whether it is true of some row of those that are read."""
    kind = CATALOGUE[entity]
    table = kind.table.alias("t")
    columns = [sa.func.bool_or(to_column(each, kind, table)) for each in predicates]
    return sa.select(*columns).select_from(table).where(to_sql(read, kind, table))


def _ends(upto: tuple[Predicate, ...]) -> Ends:
    """The rows of which each part is the first that is not true, then those of which all are."""
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
    """Whether a rule that is asked is of the type of the question, or of none."""
    return _types(rule) <= {question.entity}


def _types(rule: Rule) -> set[str | None]:
    """The types of the rows that a rule is about; of none, if it is about the viewer alone."""
    return {argument.type for argument in rule.arguments} - {None, "Viewer"}
