"""Allowed actions: what a viewer can do to an object now. Policy decides what is permitted, and
the object's state what is possible.

Both are conditions on the row, simplified as far as the viewer's shape allows. Generated code evaluates the rest for each row,
and the few distinct lists are built once. No list reveals a column that the viewer can't see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from cachetools import LRUCache

from models import CONCEPTS
from models.base import now
from models.concept import AllowedFrom
from policies.catalogue import CATALOGUE
from policies.evaluation.decision import Decision
from policies.evaluation.policy import Policy
from policies.language.actions import ACTIONS
from policies.predicates.condition_text import revealed_columns
from policies.predicates.masks import by_attribute, compile_predicate, expression, is_local
from policies.predicates.predicate import FALSE, TRUE, Predicate, assume, conj, disj, negate, one_of, own_columns, parameters
from policies.viewer import Shape, Viewer

if TYPE_CHECKING:
    from resolvers.context import Context

CACHE_SIZE: Final = 4096  # entries: one for each shape and type
# An action that isn't listed is possible in every state. Conditions on other rows, such as a port's live connections or a company's
# documents, aren't part of the state: the mutation checks them.
ALLOWED_FROM: Final[Mapping[tuple[str, str], AllowedFrom]] = {
    (concept.name, action): state for concept in CONCEPTS for action, state in concept.actions.items() if state is not None
}
# The field that reveals a column, where its name differs from the column's.
FIELD_SHOWING_COLUMN: Final[Mapping[tuple[str, str], str]] = {
    (concept.name, column): field for concept in CONCEPTS for column, field in concept.shown_by.items()
}

ReadColumn: TypeAlias = Callable[[str], str]
"""Returns the code that reads a column."""
ReadComputed: TypeAlias = Callable[[str, Predicate], str]
"""Returns the code of a predicate over linked rows, which the database computes as an extra column with this label."""
Bind: TypeAlias = Callable[[Any], str]
"""Returns the name of an object in generated code."""


@dataclass(frozen=True, slots=True)
class Condition:
    """When an action is possible: the row matches `rows`, and the time in the column `until`, if any, is in the future."""

    rows: Predicate
    until: str | None = None


def condition(entity: str, action: str, decide: Callable[[str, str], Decision]) -> Condition:
    """Return when a viewer with these decisions can take an action on a row that it reads.

    If policy depends on a column that is hidden from the viewer, the action is left out. If the state is hidden, it isn't
    checked.
    """
    read = decide(entity, "read")
    readable = TRUE if read.rows == FALSE else read.rows
    allowed = assume(readable, decide(entity, action).rows)
    allowed = conj((allowed, *_visible(read, revealed_columns(allowed))))
    state = ALLOWED_FROM.get((entity, action))
    if state is None:
        return Condition(assume(readable, allowed))
    visible = conj(_visible(read, state.columns))
    until = state.until if visible == TRUE else None
    if state.statuses is None:
        return Condition(assume(readable, allowed), until)
    in_state = disj((negate(visible), one_of(state.column, [status.value for status in state.statuses])))
    return Condition(assume(readable, conj((allowed, in_state))), until)


def _visible(read: Decision, columns: Iterator[str] | frozenset[str]) -> Iterator[Predicate]:
    """Yield, for each column, where the viewer sees it. A column that no field shows is visible nowhere."""
    for column in sorted(columns):
        rule = read.fields.get(FIELD_SHOWING_COLUMN.get((read.entity, column), column))
        yield FALSE if rule is None else rule.visible


@dataclass(frozen=True, slots=True)
class EnumFact:
    """The value of a column that has few different values."""

    column: str


@dataclass(frozen=True, slots=True)
class PredicateFact:
    """Whether the row matches a predicate."""

    rows: Predicate


@dataclass(frozen=True, slots=True)
class DeadlineFact:
    """Whether the time in a column is in the future. NULL isn't."""

    column: str


Fact: TypeAlias = EnumFact | PredicateFact | DeadlineFact


class ActionListCache(dict[tuple[Any, ...], list[str]]):
    """The list of actions for each combination of facts, built on first use. Facts have few values."""

    def __init__(self, facts: tuple[Fact, ...], conditions: Mapping[str, Condition]) -> None:
        super().__init__()
        self._facts = facts
        self._conditions = conditions

    def __missing__(self, values: tuple[Any, ...]) -> list[str]:
        facts = dict(zip(self._facts, values, strict=True))
        actions = self[values] = [action for action, each in self._conditions.items() if _is_met(each, facts)]
        return actions


def _is_met(condition: Condition, facts: Mapping[Fact, Any]) -> bool:
    if condition.until is not None and not facts[DeadlineFact(condition.until)]:
        return False
    if PredicateFact(condition.rows) in facts:
        return bool(facts[PredicateFact(condition.rows)])
    values = {fact.column: value for fact, value in facts.items() if isinstance(fact, EnumFact)}
    return compile_predicate(condition.rows, lambda name: f"row[{name!r}]")(values, Viewer())


class AllowedActions:
    """What viewers of one shape can do to objects of a type that they read."""

    def __init__(self, entity: str, conditions: Mapping[str, Condition]) -> None:
        """`conditions` has all actions by their enum value, in the order of the lists."""
        possible = {action: each for action, each in conditions.items() if each.rows != FALSE}
        self._facts = tuple(dict.fromkeys(fact for each in possible.values() for fact in _facts(entity, each)))
        self._lists = ActionListCache(self._facts, possible)
        linked = [fact.rows for fact in self._facts if isinstance(fact, PredicateFact) and not is_local(fact.rows)]
        self._labels = {predicate: f"can_{number}" for number, predicate in enumerate(linked)}
        self.computed = tuple((label, predicate) for predicate, label in self._labels.items())
        bound: dict[str, Any] = {"lists": self._lists, "now": now}
        code = self.code(by_attribute, lambda label, _: f"row.{label}", lambda each: "now" if each is now else "lists")
        self.of: Callable[[Any, Viewer], list[str]] = eval(f"lambda row, viewer: {code}", bound)  # noqa: S307 (as masks are)

    def code(self, read: ReadColumn, read_computed: ReadComputed, bind: Bind) -> str:
        """Return the code of one row's list, for use in larger generated code. It uses `viewer` and whatever the arguments name."""
        facts = "".join(f"{self._fact(fact, read, read_computed, bind)}, " for fact in self._facts)
        return f"{bind(self._lists)}[({facts})]"

    def _fact(self, fact: Fact, read: ReadColumn, read_computed: ReadComputed, bind: Bind) -> str:
        match fact:
            case EnumFact(column):
                return read(column)
            case DeadlineFact(column):
                return f"({read(column)} is not None and {read(column)} > {bind(now)}())"
            case PredicateFact(rows) if rows in self._labels:
                return read_computed(self._labels[rows], rows)
            case PredicateFact(rows):
                return expression(rows, read)


def _facts(entity: str, condition: Condition) -> Iterator[Fact]:
    """Yield the facts that decide a condition. Enum values are facts themselves, because one serves several conditions."""
    if condition.until is not None:
        yield DeadlineFact(condition.until)
    if is_local(condition.rows) and not parameters(condition.rows) and _are_enums(entity, own_columns(condition.rows)):
        yield from map(EnumFact, sorted(own_columns(condition.rows)))
    else:
        yield PredicateFact(condition.rows)


def _are_enums(entity: str, columns: frozenset[str]) -> bool:
    table = CATALOGUE[entity].table
    return all(isinstance(table.c[column].type, sa.Enum | sa.Boolean) for column in columns)


_cache: WeakKeyDictionary[Policy, LRUCache[tuple[Shape, str], AllowedActions]] = WeakKeyDictionary()
_lock = Lock()  # plans of long documents are built in a thread


def allowed_actions(policy: Policy, shape: Shape, entity: str) -> AllowedActions:
    """Return what viewers of a shape can do to objects of a type, cached for as long as the policy exists."""

    def decide(entity: str, action: str) -> Decision:
        return policy.decide(shape, entity, action)

    with _lock:
        cached = _cache.setdefault(policy, LRUCache(CACHE_SIZE))
        if (shape, entity) not in cached:
            cached[shape, entity] = AllowedActions(
                entity, {each.upper(): condition(entity, each, decide) for each in ACTIONS[entity]}
            )
        return cached[shape, entity]


@dataclass(frozen=True, slots=True)
class ViewerCan:
    """The actions that the viewer can take on each parent now, as enum values in the order of the policy."""

    entity: str

    async def __call__(self, parents: Sequence[Any], context: Context) -> list[list[str]]:
        """Return the list for each parent, with one statement for all of them if linked rows decide."""
        allowed = allowed_actions(context.policy, context.viewer.shape, self.entity)
        rows = parents
        if allowed.computed:
            rows = await context.loaders.rows_with_computed(self.entity, [parent.id for parent in parents], allowed.computed)
        return [allowed.of(row, context.viewer) for row in rows]
