"""Actions: what a viewer may do to a thing now. Policy says what it may do at all, the thing's state what can be done to it.

Both are conditions over the row, settled for a shape as far as a shape settles them. What is left is asked of each row by generated
code, and the few lists that come of it are made once. No list tells of a column that its viewer does not see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from cachetools import LRUCache

from models.base import now
from policies.actions import ACTIONS
from policies.catalogue import CATALOGUE
from policies.condition_text import revealed_columns
from policies.decision import Decision
from policies.masks import by_attribute, compile_predicate, expression, is_local
from policies.policy import Policy
from policies.predicate import FALSE, TRUE, Predicate, assume, attributes, conj, disj, negate, one_of, parameters
from policies.viewer import Shape, Viewer
from resolvers.reading.lifecycle_conditions import ALLOWED_FROM, FIELD_SHOWING_COLUMN

if TYPE_CHECKING:
    from resolvers.context import Context

CACHE_SIZE: Final = 4096  # rights of a shape over a type

Read: TypeAlias = Callable[[str], str]
"""The code that reads a column."""
Beside: TypeAlias = Callable[[str, Predicate], str]
"""The code of a predicate over linked rows, which the database computes beside the row under a label."""
Bind: TypeAlias = Callable[[Any], str]
"""The name of an object in generated code."""


@dataclass(frozen=True, slots=True)
class Condition:
    """When an action can be taken: where `rows` is true, and before the time in the column `until`, if there is one."""

    rows: Predicate
    until: str | None = None


def condition(entity: str, action: str, decide: Callable[[str, str], Decision]) -> Condition:
    """When viewers for whom policy decides so may take an action on a row that they read.

    Where policy looks at a column that is hidden from the viewer, the action is left out; where the state is hidden, it is not asked.
    """
    read = decide(entity, "read")
    given = TRUE if read.rows == FALSE else read.rows
    allowed = assume(given, decide(entity, action).rows)
    allowed = conj((allowed, *_visible(read, revealed_columns(allowed))))
    state = ALLOWED_FROM.get((entity, action))
    if state is None:
        return Condition(assume(given, allowed))
    visible = conj(_visible(read, state.columns))
    stands = disj((negate(visible), one_of("status", [word.value for word in state.words])))
    return Condition(assume(given, conj((allowed, stands))), state.until if visible == TRUE else None)


def _visible(read: Decision, columns: Iterator[str] | frozenset[str]) -> Iterator[Predicate]:
    """Where the viewer sees each column. One that no field tells, it sees nowhere."""
    for column in sorted(columns):
        rule = read.fields.get(FIELD_SHOWING_COLUMN.get((read.entity, column), column))
        yield FALSE if rule is None else rule.visible


@dataclass(frozen=True, slots=True)
class EnumFact:
    """A column that has one of a few words: the word itself."""

    column: str


@dataclass(frozen=True, slots=True)
class PredicateFact:
    """Whether a predicate is true of the row."""

    rows: Predicate


@dataclass(frozen=True, slots=True)
class DeadlineFact:
    """Whether the time in a column is still to come."""

    column: str


Fact: TypeAlias = EnumFact | PredicateFact | DeadlineFact


class ActionListCache(dict[tuple[Any, ...], list[str]]):
    """The list of actions for each combination of facts, made when it first comes up: facts have few values."""

    def __init__(self, facts: tuple[Fact, ...], conditions: Mapping[str, Condition]) -> None:
        super().__init__()
        self._facts = facts
        self._conditions = conditions

    def __missing__(self, values: tuple[Any, ...]) -> list[str]:
        known = dict(zip(self._facts, values, strict=True))
        found = self[values] = [action for action, each in self._conditions.items() if _is_met(each, known)]
        return found


def _is_met(condition: Condition, known: Mapping[Fact, Any]) -> bool:
    if condition.until is not None and not known[DeadlineFact(condition.until)]:
        return False
    if PredicateFact(condition.rows) in known:
        return bool(known[PredicateFact(condition.rows)])
    words = {fact.column: value for fact, value in known.items() if isinstance(fact, EnumFact)}
    return compile_predicate(condition.rows, lambda name: f"row[{name!r}]")(words, Viewer())


class AllowedActions:
    """What viewers of a shape may do to things of a type that they read."""

    def __init__(self, entity: str, conditions: Mapping[str, Condition]) -> None:
        """`conditions` are those of all actions, by their words, in the order of the lists."""
        possible = {action: each for action, each in conditions.items() if each.rows != FALSE}
        self._facts = tuple(dict.fromkeys(fact for each in possible.values() for fact in _facts(entity, each)))
        self._lists = ActionListCache(self._facts, possible)
        linked = [fact.rows for fact in self._facts if isinstance(fact, PredicateFact) and not is_local(fact.rows)]
        self._labels = {predicate: f"can_{number}" for number, predicate in enumerate(linked)}
        self.computed = tuple((label, predicate) for predicate, label in self._labels.items())
        bound: dict[str, Any] = {"lists": self._lists, "now": now}
        code = self.code(by_attribute, lambda label, _: f"row.{label}", lambda each: "now" if each is now else "lists")
        self.of: Callable[[Any, Viewer], list[str]] = eval(f"lambda row, viewer: {code}", bound)  # noqa: S307 (as masks are)

    def code(self, read: Read, beside: Beside, bind: Bind) -> str:
        """The code of the list of one row, for whoever generates more around it; it names `viewer` and whatever else these name."""
        facts = "".join(f"{self._fact(fact, read, beside, bind)}, " for fact in self._facts)
        return f"{bind(self._lists)}[({facts})]"

    def _fact(self, fact: Fact, read: Read, beside: Beside, bind: Bind) -> str:
        match fact:
            case EnumFact(column):
                return read(column)
            case DeadlineFact(column):
                return f"({read(column)} > {bind(now)}())"
            case PredicateFact(rows) if rows in self._labels:
                return beside(self._labels[rows], rows)
            case PredicateFact(rows):
                return expression(rows, read)


def _facts(entity: str, condition: Condition) -> Iterator[Fact]:
    """What has to be known of a row to say whether a condition is met: of words the words, which tell of all conditions at once."""
    if condition.until is not None:
        yield DeadlineFact(condition.until)
    if is_local(condition.rows) and not parameters(condition.rows) and _are_words(entity, attributes(condition.rows)):
        yield from map(EnumFact, sorted(attributes(condition.rows)))
    else:
        yield PredicateFact(condition.rows)


def _are_words(entity: str, columns: frozenset[str]) -> bool:
    table = CATALOGUE[entity].table
    return all(isinstance(table.c[column].type, sa.Enum | sa.Boolean) for column in columns)


_rights: WeakKeyDictionary[Policy, LRUCache[tuple[Shape, str], AllowedActions]] = WeakKeyDictionary()
_lock = Lock()  # plans of long documents are made in a thread


def allowed_actions(policy: Policy, shape: Shape, entity: str) -> AllowedActions:
    """What viewers of a shape may do to things of a type: kept as long as the policy is."""

    def decide(entity: str, action: str) -> Decision:
        return policy.decide(shape, entity, action)

    with _lock:
        known = _rights.setdefault(policy, LRUCache(CACHE_SIZE))
        if (shape, entity) not in known:
            known[shape, entity] = AllowedActions(
                entity, {each.upper(): condition(entity, each, decide) for each in ACTIONS[entity]}
            )
        return known[shape, entity]


@dataclass(frozen=True, slots=True)
class ViewerCan:
    """The actions that the viewer may take now on each parent, by their words in the order of the policy."""

    entity: str

    async def __call__(self, parents: Sequence[Any], context: Context) -> list[list[str]]:
        """The list of each parent; one statement for all of them where linked rows have a say."""
        rights = allowed_actions(context.policy, context.viewer.shape, self.entity)
        rows = parents
        if rights.computed:
            rows = await context.loaders.beside(self.entity, [parent.id for parent in parents], rights.computed)
        return [rights.of(row, context.viewer) for row in rows]
