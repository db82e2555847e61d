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
from policies.viewer import ANONYMOUS, PARAMETERS, Shape

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
        self._absent = absent_parameters(shape.kind)
        self._known: dict[str, Collection[Decision]] = {}

    def reads(self, entity: str) -> bool:
        """Whether there can be a row of a type that they may read; of a part, whether there can be one of its whole."""
        whole = self._policy.catalogue[entity].part_of
        return self.can_act(entity, "read") if whole is None else self.reads(whole)

    def can_act(self, entity: str, action: str) -> bool:
        """Whether there can be a row that they may read and do an action to."""
        return any(
            self._rows(self._policy.decide(shape, entity).rows, self._policy.decide(shape, entity, action).rows) != FALSE
            for shape in self._variants
        )

    def has_ability(self, ability: str) -> bool:
        """Whether they can have an ability."""
        return any(self._policy.can(shape, ability) for shape in self._variants)

    def sees(self, entity: str, field: str) -> bool:
        """Whether there can be a row of which they see a field."""
        return any(self._seen(decision, field) != FALSE for decision in self._decisions(entity))

    def sees_everywhere(self, entity: str, field: str) -> bool:
        """Whether they can come to see a field in every row that they may read, so that they may sort and filter by it."""
        return any(self._seen(decision, field) == TRUE for decision in self._decisions(entity))

    def hiding(self, entity: str, field: str) -> Hiding:
        """Why a field that they see at times is null at others."""
        why = {id(each): self._reasons(each, each.fields[field]) for each in self._decisions(entity)}
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
            self._known[entity] = [each for each in decisions.values() if self._rows(each.rows) != FALSE]
        return self._known[entity]

    def _rows(self, *conditions: Predicate) -> Predicate:
        """The rows that meet all conditions, of viewers who lack what their kind lacks."""
        return without_conditions(conj(conditions), self._absent)

    def _seen(self, decision: Decision, field: str) -> Predicate:
        """The rows of which a field is seen, of those that are read."""
        rule = decision.fields.get(field)
        return FALSE if rule is None else assume(self._rows(decision.rows), self._rows(decision.rows, rule.visible))

    def _reasons(self, decision: Decision, rule: FieldRule) -> Reasons:
        """Those that hide a field in some row that is read."""
        denied = [(predicate, reason) for predicate, reason in rule.denials if self._rows(decision.rows, predicate) != FALSE]
        unnamed = self._rows(decision.rows, negate(rule.visible), negate(disj(predicate for predicate, _ in denied)))
        return frozenset(reason for _, reason in denied) | ({rule.otherwise} if unnamed != FALSE else frozenset())

    def _told(self, why: dict[Shape, Reasons]) -> Hiding:
        always = frozenset.intersection(*why.values()) if why else frozenset()
        sometimes = frozenset().union(*why.values()) - always
        return Hiding(tuple(sorted(always)), tuple(each for reason in sorted(sometimes) for each in _switched(reason, why)))


_reads: WeakKeyDictionary[Policy, LRUCache[tuple[Shape, str], bool]] = WeakKeyDictionary()


def can_ever_read(policy: Policy, shape: Shape, entity: str) -> bool:
    """What `Reach.reads` says of a shape: found once, and kept as long as the policy is."""
    known, key = _reads.setdefault(policy, LRUCache(CACHE_SIZE)), (shape, entity)
    if key not in known:
        known[key] = Reachability(policy, shape).reads(entity)
    return known[key]


def absent_parameters(kind: str) -> frozenset[str]:
    """The parameters that viewers of a kind never have a value for: a visitor has none, and only a managed account a partner."""
    if kind == ANONYMOUS.shape.kind:
        return frozenset(PARAMETERS)
    return frozenset() if kind == AccountKind.MANAGED else frozenset({"partner_id"})


def _variants(shape: Shape) -> tuple[Shape, ...]:
    """A shape with every state of the switches, which only managed viewers have."""
    if shape.kind != AccountKind.MANAGED:
        return (shape,)
    return tuple(_switch(shape, SWITCHES, states) for states in product((False, True), repeat=len(SWITCHES)))


def _switch(shape: Shape, switches: Sequence[str], states: Sequence[bool]) -> Shape:
    changes: dict[str, Any] = dict(zip(switches, states, strict=True))
    return replace(shape, **changes)


def _switched(reason: Reason, why: dict[Shape, Reasons]) -> Iterator[Switched]:
    """The settings whose change gives a reason or takes it away."""
    for switch, setting in zip(SWITCHES, SETTINGS, strict=True):
        states = {
            getattr(shape, switch)
            for shape, reasons in why.items()
            if reason in reasons and reason not in why.get(_switch(shape, [switch], [not getattr(shape, switch)]), reasons)
        }
        yield from (Switched(reason, setting, on) for on in sorted(states))
