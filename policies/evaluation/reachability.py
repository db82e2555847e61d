"""What viewers of a kind could ever see or do, for any row and with any of their partner's settings.

It's derived from the compiled decisions, so no rule is written twice. A partner can change settings while apps run, so anything
that only a setting hides counts as reachable.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from threading import Lock
from typing import Any, Final, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from cachetools import LRUCache

from models.company import AccountKind
from models.managed_account import SETTINGS
from policies.evaluation.decision import Decision, FieldRule
from policies.evaluation.policy import Policy
from policies.evaluation.shapes import SWITCHES
from policies.predicates.predicate import FALSE, TRUE, Predicate, assume, conj, disj, negate, without_parameters
from policies.reason import Reason
from policies.viewer import ANONYMOUS, PARAMETERS, SETS, USER, Shape

CACHE_SIZE: Final = 1000  # answers of one policy
Reasons: TypeAlias = frozenset[Reason]


@dataclass(frozen=True, slots=True)
class SettingReason:
    """A reason that depends on a setting: it applies while `setting` is on, or while it's off."""

    reason: Reason
    setting: str
    on: bool


@dataclass(frozen=True, slots=True)
class Hiding:
    """Why a reachable field is sometimes null: in some rows, or because of a setting."""

    in_some_rows: tuple[Reason, ...]
    switched: tuple[SettingReason, ...]


class Reachability:
    """What viewers with the kind, roles and supporter of a shape can reach with any settings."""

    def __init__(self, policy: Policy, shape: Shape) -> None:
        self._policy = policy
        self._variants = _variants(shape)
        self._absent = absent_parameters(shape.kind)
        self._decision_cache: dict[str, Collection[Decision]] = {}

    def reads(self, entity: str) -> bool:
        """Return True if they can read some row of a type. For a part, that's some row of its whole."""
        whole = self._policy.catalogue[entity].part_of
        return self.can_act(entity, "read") if whole is None else self.reads(whole)

    def can_act(self, entity: str, action: str) -> bool:
        """Return True if they can read some row and take the action on it."""
        decisions = [
            (self._policy.decide(shape, entity), self._policy.decide(shape, entity, action)) for shape in self._variants
        ]
        distinct = {(id(read), id(taken)): (read.rows, taken.rows) for read, taken in decisions}
        return any(self._rows(*rows) != FALSE for rows in distinct.values())

    def has_ability(self, ability: str) -> bool:
        """Return True if they can have an ability."""
        return any(self._policy.can(shape, ability) for shape in self._variants)

    def sees(self, entity: str, field: str) -> bool:
        """Return True if they can see the field of some row."""
        return any(self._visible_rows(decision, field) != FALSE for decision in self._decisions(entity))

    def sees_everywhere(self, entity: str, field: str) -> bool:
        """Return True if they can see the field of every readable row under some settings. They can then sort and filter by it."""
        return any(self._visible_rows(decision, field) == TRUE for decision in self._decisions(entity))

    def hiding(self, entity: str, field: str) -> Hiding:
        """Return why a reachable field is sometimes null."""
        reasons = {id(each): self._reasons(each, each.fields[field]) for each in self._decisions(entity)}
        decisions = {shape: self._policy.decide(shape, entity) for shape in self._variants}
        return self._hiding({shape: reasons[id(each)] for shape, each in decisions.items() if id(each) in reasons})

    def withholding(self, ability: str) -> Hiding:
        """Return why a reachable ability is sometimes withheld."""
        reasons = {shape: self._policy.denial_reason(shape, ability) for shape in self._variants}
        return self._hiding({shape: frozenset(filter(None, [reason])) for shape, reason in reasons.items()})

    def _decisions(self, entity: str) -> Collection[Decision]:
        """Return the distinct decisions that let them read any row."""
        if entity not in self._decision_cache:
            decisions = {id(each): each for each in (self._policy.decide(shape, entity) for shape in self._variants)}
            self._decision_cache[entity] = [each for each in decisions.values() if self._rows(each.rows) != FALSE]
        return self._decision_cache[entity]

    def _rows(self, *conditions: Predicate) -> Predicate:
        """Return the rows that meet all conditions, for viewers without the values that their kind never has."""
        return without_parameters(conj(conditions), self._absent)

    def _visible_rows(self, decision: Decision, field: str) -> Predicate:
        """Return the readable rows whose field is visible."""
        rule = decision.fields.get(field)
        return FALSE if rule is None else assume(self._rows(decision.rows), self._rows(decision.rows, rule.visible))

    def _reasons(self, decision: Decision, rule: FieldRule) -> Reasons:
        """Return the reasons that hide a field in some readable row."""
        denied = [(predicate, reason) for predicate, reason in rule.denials if self._rows(decision.rows, predicate) != FALSE]
        unnamed = self._rows(decision.rows, negate(rule.visible), negate(disj(predicate for predicate, _ in denied)))
        return frozenset(reason for _, reason in denied) | ({rule.default_reason} if unnamed != FALSE else frozenset())

    def _hiding(self, reasons_by_shape: dict[Shape, Reasons]) -> Hiding:
        always = frozenset.intersection(*reasons_by_shape.values()) if reasons_by_shape else frozenset()
        sometimes = frozenset().union(*reasons_by_shape.values()) - always
        return Hiding(
            tuple(sorted(always)),
            tuple(each for reason in sorted(sometimes) for each in _reasons_by_setting(reason, reasons_by_shape)),
        )


Answer = TypeVar("Answer")
Answers: TypeAlias = WeakKeyDictionary[Policy, LRUCache[tuple[Shape, str], Answer]]
_lock = Lock()  # plans of long documents are built in a thread
_reads: Answers[bool] = WeakKeyDictionary()


def can_ever_read(policy: Policy, shape: Shape, entity: str) -> bool:
    """Return what `Reachability.reads` returns for a shape. Cached for the policy's lifetime."""
    return _remembered(_reads, policy, (shape, entity), lambda reach: reach.reads(entity))


_unseen: Answers[frozenset[str]] = WeakKeyDictionary()


def never_seen(policy: Policy, shape: Shape, entity: str) -> frozenset[str]:
    """Return the fields of a type that viewers of a shape can never see, with any settings. Cached for the policy's lifetime."""
    fields = policy.decide(shape, entity).fields
    return _remembered(
        _unseen, policy, (shape, entity), lambda reach: frozenset(name for name in fields if not reach.sees(entity, name))
    )


def _remembered(
    answers: Answers[Answer], policy: Policy, key: tuple[Shape, str], find: Callable[[Reachability], Answer]
) -> Answer:
    """Return the answer for a shape and a type, found on first use."""
    with _lock:
        cached = answers.setdefault(policy, LRUCache(CACHE_SIZE))
        if key not in cached:
            cached[key] = find(Reachability(policy, key[0]))
        return cached[key]


def absent_parameters(kind: str) -> frozenset[str]:
    """Return the parameters and sets that viewers of a kind never have.

    Visitors have at most an invitation's link, which only they have, and only managed accounts have a partner.
    """
    if kind == ANONYMOUS.shape.kind:
        return frozenset((*PARAMETERS, *SETS)) - {"invitation_id"}
    if kind == USER.kind:
        return frozenset(("company_id", "partner_id", "api_key_id", "invitation_id", *SETS))
    return frozenset({"invitation_id"} if kind == AccountKind.MANAGED else {"partner_id", "invitation_id"})


def _variants(shape: Shape) -> tuple[Shape, ...]:
    """Return the shape after a recent sign-in, with every combination of settings, which only managed viewers have."""
    shape = replace(shape, sign_in_stale=False)
    if shape.kind != AccountKind.MANAGED:
        return (shape,)
    return tuple(_with_settings(shape, SWITCHES, states) for states in product((False, True), repeat=len(SWITCHES)))


def _with_settings(shape: Shape, switches: Sequence[str], states: Sequence[bool]) -> Shape:
    changes: dict[str, Any] = dict(zip(switches, states, strict=True))
    return replace(shape, **changes)


def _reasons_by_setting(reason: Reason, reasons_by_shape: dict[Shape, Reasons]) -> Iterator[SettingReason]:
    """Yield the settings whose change adds or removes the reason."""
    for switch, setting in zip(SWITCHES, SETTINGS, strict=True):
        states = {
            getattr(shape, switch)
            for shape, reasons in reasons_by_shape.items()
            if reason in reasons
            and reason not in reasons_by_shape.get(_with_settings(shape, [switch], [not getattr(shape, switch)]), reasons)
        }
        yield from (SettingReason(reason, setting, on) for on in sorted(states))
