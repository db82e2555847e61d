"""What viewers of a kind could ever come to see or do: whatever the row, and whatever their partner switches on or off.

It is read from the compiled decisions; no rule is written a second time. A partner flips switches while apps run, so what only a
switch hides is within reach.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

from cachetools import LRUCache

from models.company import AccountKind
from models.managed_account import SETTINGS
from policies.decision import Decision, FieldRule
from policies.policy import Policy
from policies.predicate import FALSE, TRUE, Predicate, assume, conj, disj, negate, without_conditions
from policies.reason import Reason
from policies.shapes import SWITCHES
from policies.viewer import PARAMETERS, Shape, Viewer

CACHE_SIZE: Final = 1000  # answers of one policy
Reasons: TypeAlias = frozenset[Reason]


@dataclass(frozen=True, slots=True)
class Switched:
    """A reason that only the state of a setting gives: while `setting` is on, or while it is off."""

    reason: Reason
    setting: str
    on: bool


@dataclass(frozen=True, slots=True)
class Hiding:
    """Why a field that can be seen is null at times: in some rows, or by a setting."""

    in_some_rows: tuple[Reason, ...]
    switched: tuple[Switched, ...]


class Reachability:
    """That of all viewers who have the kind, the roles and the supporter of a shape, with whatever switches."""

    def __init__(self, policy: Policy, shape: Shape) -> None:
        self._policy = policy
        self._variants = _variants(shape)
        self._known: dict[str, Collection[Decision]] = {}

    def reads(self, entity: str) -> bool:
        """Whether there can be a row of a type that they may read; of a part, whether there can be one of its whole."""
        whole = self._policy.catalogue[entity].part_of
        return self.can_act(entity, "read") if whole is None else self.reads(whole)

    def reads_without(self, entity: str, absent: Collection[str]) -> bool:
        """The same of those among them who have no value for some parameters, as visitors have none at all."""
        whole = self._policy.catalogue[entity].part_of
        if whole is not None:
            return self.reads_without(whole, absent)
        return any(without_conditions(decision.rows, absent) != FALSE for decision in self._decisions(entity))

    def can_act(self, entity: str, action: str) -> bool:
        """Whether there can be a row that they may read and do an action to."""
        return any(
            conj((self._policy.decide(shape, entity).rows, self._policy.decide(shape, entity, action).rows)) != FALSE
            for shape in self._variants
        )

    def has_ability(self, ability: str) -> bool:
        """Whether they can have an ability."""
        return any(self._policy.can(shape, ability) for shape in self._variants)

    def sees(self, entity: str, field: str) -> bool:
        """Whether there can be a row of which they see a field."""
        return any(_seen(decision, field) != FALSE for decision in self._decisions(entity))

    def sees_everywhere(self, entity: str, field: str) -> bool:
        """Whether they can come to see a field in every row that they may read, so that they may sort and filter by it."""
        return any(_seen(decision, field) == TRUE for decision in self._decisions(entity))

    def hiding(self, entity: str, field: str) -> Hiding:
        """Why a field that they see at times is null at others."""
        why = {id(each): _reasons(each, each.fields[field]) for each in self._decisions(entity)}
        decided = {shape: self._policy.decide(shape, entity) for shape in self._variants}
        return self._told({shape: why[id(each)] for shape, each in decided.items() if id(each) in why})

    def withholding(self, ability: str) -> Hiding:
        """Why an ability that they can have is withheld at times."""
        reasons = {shape: self._policy.denial_reason(shape, ability) for shape in self._variants}
        return self._told({shape: frozenset(filter(None, [reason])) for shape, reason in reasons.items()})

    def _decisions(self, entity: str) -> Collection[Decision]:
        """The distinct decisions by which they can read any row."""
        if entity not in self._known:
            decisions = {id(each): each for each in (self._policy.decide(shape, entity) for shape in self._variants)}
            self._known[entity] = [each for each in decisions.values() if each.rows != FALSE]
        return self._known[entity]

    def _told(self, why: dict[Shape, Reasons]) -> Hiding:
        always = frozenset.intersection(*why.values()) if why else frozenset()
        sometimes = frozenset().union(*why.values()) - always
        return Hiding(tuple(sorted(always)), tuple(each for reason in sorted(sometimes) for each in _switched(reason, why)))


_reads: WeakKeyDictionary[Policy, LRUCache[tuple[Shape, frozenset[str], str], bool]] = WeakKeyDictionary()


def can_ever_read(policy: Policy, viewer: Viewer, entity: str) -> bool:
    """Whether a viewer could ever read a row of a type, be it by a switch: found once, and kept as long as the policy is."""
    absent = frozenset(name for name in PARAMETERS if getattr(viewer, name) is None)
    known, key = _reads.setdefault(policy, LRUCache(CACHE_SIZE)), (viewer.shape, absent, entity)
    if key not in known:
        known[key] = Reachability(policy, viewer.shape).reads_without(entity, absent)
    return known[key]


def _variants(shape: Shape) -> tuple[Shape, ...]:
    """A shape with every state of the switches, which only managed viewers have."""
    if shape.kind != AccountKind.MANAGED:
        return (shape,)
    return tuple(_switch(shape, SWITCHES, states) for states in product((False, True), repeat=len(SWITCHES)))


def _switch(shape: Shape, switches: Sequence[str], states: Sequence[bool]) -> Shape:
    changes: dict[str, Any] = dict(zip(switches, states, strict=True))
    return replace(shape, **changes)


def _seen(decision: Decision, field: str) -> Predicate:
    """The rows of which a field is seen, of those that are read."""
    rule = decision.fields.get(field)
    return FALSE if rule is None else assume(decision.rows, conj((decision.rows, rule.visible)))


def _reasons(decision: Decision, rule: FieldRule) -> Reasons:
    """Those that hide a field in some row that is read."""
    denied = [(predicate, reason) for predicate, reason in rule.denials if conj((decision.rows, predicate)) != FALSE]
    unnamed = conj((decision.rows, negate(rule.visible), negate(disj(predicate for predicate, _ in denied))))
    return frozenset(reason for _, reason in denied) | ({rule.otherwise} if unnamed != FALSE else frozenset())


def _switched(reason: Reason, why: dict[Shape, Reasons]) -> Iterator[Switched]:
    """The settings whose change gives a reason or takes it away."""
    for switch, setting in zip(SWITCHES, SETTINGS, strict=True):
        states = {
            getattr(shape, switch)
            for shape, reasons in why.items()
            if reason in reasons and reason not in why.get(_switch(shape, [switch], [not getattr(shape, switch)]), reasons)
        }
        yield from (Switched(reason, setting, on) for on in sorted(states))
