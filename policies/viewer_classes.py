"""Which viewers: a set of shapes said in few words, by a small decision tree that branches only where the answer differs.

What is said is true of exactly the shapes that are meant; of shapes that do not matter it may say anything. The order of what
is asked is fixed (kind, support, switches, roles), so that the same set is always said in the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from models.company import AccountKind
from models.managed_account import SupportedBy
from models.membership import MemberRole
from policies.shapes import KINDS, ROLES, SWITCHES
from policies.viewer import Shape

SUPPORT: Final = "supported_by"
HAVING: Final = "roles"
Meant: TypeAlias = "Sequence[tuple[Shape, bool | None]]"
"""Shapes, and whether each is meant; None for one that does not matter."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What is asked of a shape: a switch, who supports it (by the operator), or whether it has one of some roles."""

    fact: str
    holds: bool
    roles: tuple[str, ...] = ()

    def of(self, shape: Shape) -> bool:
        """Whether it is true of a shape."""
        if self.fact == HAVING:
            return bool(set(self.roles) & set(shape.roles)) is self.holds
        value = shape.supported_by == SupportedBy.OPERATOR if self.fact == SUPPORT else getattr(shape, self.fact)
        return value is self.holds


@dataclass(frozen=True, slots=True)
class Part:
    """Viewers of some kinds of whom all conditions are true."""

    kinds: tuple[str, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class ViewerSet:
    """The viewers of any of its parts."""

    parts: tuple[Part, ...]

    def contains(self, shape: Shape) -> bool:
        """Whether viewers of a shape are among them."""
        return any(shape.kind in part.kinds and all(each.of(shape) for each in part.conditions) for part in self.parts)


def describe_viewers(meant: Mapping[Shape, bool | None]) -> ViewerSet:
    """The shapes that are meant, in as few conditions as the fixed order allows."""
    found: dict[tuple[tuple[Condition, ...], ...], list[str]] = {}
    free = {kind for kind in KINDS if all(value is None for shape, value in meant.items() if shape.kind == kind)}
    for kind in KINDS:
        of_kind = [(shape, value) for shape, value in meant.items() if shape.kind == kind]
        if ways := tuple(_ways(of_kind, ())):
            found.setdefault(ways, []).append(kind)
    return ViewerSet(tuple(Part(_widened(kinds, free), way) for ways, kinds in found.items() for way in ways))


def _widened(kinds: list[str], free: set[str]) -> tuple[str, ...]:
    """With the kinds that do not matter, where that makes them all, or all who are signed in."""
    for every in (set(KINDS), set(KINDS) - {Shape().kind}):
        if every - free <= set(kinds) and len(kinds) > 1:
            return tuple(kind for kind in KINDS if kind in every | set(kinds))
    return tuple(kinds)


def _ways(meant: Meant, way: tuple[Condition, ...]) -> Iterator[tuple[Condition, ...]]:
    """Each conjunction of conditions that leads to shapes that are meant."""
    if not _mixed(meant):
        if any(value for _, value in meant):
            yield _joined(way)
        return
    test = _test(meant)
    for condition in (test, replace(test, holds=not test.holds)):
        yield from _ways([each for each in meant if condition.of(each[0])], (*way, condition))


def _joined(way: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """In the order of saying; whoever has none of these roles and none of those has none of all."""
    missing = {role for each in way if each.fact == HAVING and not each.holds for role in each.roles}
    kept = sorted((each for each in way if each.fact != HAVING), key=lambda each: (SUPPORT, *SWITCHES).index(each.fact))
    having = [each for each in way if each.fact == HAVING and each.holds]
    without = [Condition(HAVING, False, _ordered(missing))] if missing else []
    return (*kept, *having, *without)


def _mixed(meant: Meant) -> bool:
    return len({value for _, value in meant} - {None}) > 1


def _test(meant: Meant) -> Condition:
    """What to ask next: the first question of which one answer settles it, or else the first on which it depends."""
    facts = [Condition(SUPPORT, False), *(Condition(name, True) for name in SWITCHES)]
    groups = [Condition(HAVING, True, group) for group in _groups(meant)]
    proper = [each for each in (*facts, *groups) if 0 < sum(each.of(shape) for shape, _ in meant) < len(meant)]
    telling = [each for each in proper if _matters(each, meant)] or proper
    return next((each for each in telling if not all(map(_mixed, _sides(each, meant)))), telling[0])


def _sides(test: Condition, meant: Meant) -> tuple[Meant, Meant]:
    return [each for each in meant if test.of(each[0])], [each for each in meant if not test.of(each[0])]


def _matters(test: Condition, meant: Meant) -> bool:
    """Whether two shapes that differ in nothing else are told apart."""
    if test.fact == HAVING:
        return _differs(meant, lambda shape: _less(shape, test.roles))
    neutral: dict[str, Any] = {test.fact: SupportedBy.PARTNER.value if test.fact == SUPPORT else False}
    return _differs(meant, lambda shape: replace(shape, **neutral))


def _differs(meant: Meant, alike: Callable[[Shape], Shape]) -> bool:
    """Whether of shapes that are alike some are meant and others are not."""
    found: dict[Shape, set[bool | None]] = {}
    for shape, value in meant:
        found.setdefault(alike(shape), set()).add(value)
    return any(len(values - {None}) > 1 for values in found.values())


def _groups(meant: Meant) -> Iterator[tuple[str, ...]]:
    """The roles that matter, those together of which it is all the same which one somebody has."""
    known = _ordered({role for shape, _ in meant for role in shape.roles})
    left = [role for role in known if _differs(meant, _without({role}))] or list(known)
    while left:
        group = [left[0]]
        for role in left[1:]:
            if not _differs([each for each in meant if {*group, role} & {*each[0].roles}], _without({*group, role})):
                group.append(role)
        left = [role for role in left if role not in group]
        yield tuple(group)


def _without(roles: set[str]) -> Callable[[Shape], Shape]:
    return lambda shape: _less(shape, tuple(roles))


def _less(shape: Shape, roles: tuple[str, ...]) -> Shape:
    return replace(shape, roles=tuple(role for role in shape.roles if role not in roles))


def _ordered(roles: set[str]) -> tuple[str, ...]:
    return tuple(role for role in ROLES if role in roles)


LABELS: Final[Mapping[str, str]] = {
    Shape().kind: "visitor",
    AccountKind.DIRECT.value: "direct",
    AccountKind.PARTNER.value: "partner",
    AccountKind.MANAGED.value: "managed",
    AccountKind.OPERATOR.value: "operator",
}
PROSE: Final[Mapping[str, str]] = {
    Shape().kind: "anonymous visitors",
    AccountKind.DIRECT.value: "direct companies",
    AccountKind.PARTNER.value: "partners",
    AccountKind.MANAGED.value: "managed accounts",
    AccountKind.OPERATOR.value: "the operator",
}
TURNED: Final[Mapping[str, tuple[str, str]]] = {  # each fact as it is called when it does not hold, and when it does
    SUPPORT: ("supported by its partner", "supported by the operator"),
    "pricing_shown": ("prices hidden", "prices shown"),
    "chat_shown": ("chat off", "chat on"),
    "dashboard_shown": ("dashboard off", "dashboard on"),
    "company_profile_shown": ("company profile hidden", "company profile shown"),
    "order_approval_required": ("orders made at once", "orders wait"),
}
CLAUSES: Final[Mapping[str, tuple[str, str]]] = {
    SUPPORT: ("that their partner supports", "that the operator supports"),
    "pricing_shown": ("while prices are hidden", "while prices are shown"),
    "chat_shown": ("while chat is off", "while chat is on"),
    "dashboard_shown": ("while the dashboard is off", "while the dashboard is on"),
    "company_profile_shown": ("while the company profile is hidden", "while the company profile is shown"),
    "order_approval_required": ("whose orders are made at once", "whose orders wait for approval"),
}


STAFF: Final = frozenset((MemberRole.REVIEWER.value, MemberRole.SUPPORT.value))  # A43
OPERATORS_STAFF: Final = "the operator's staff"
OPERATORS_OTHERS: Final = "other users of the operator"


def label(viewers: ViewerSet) -> str:
    """As the head of a column: "Managed, prices shown, with ACCOUNT_ADMIN or FINANCE"."""
    parts = "; ".join(", ".join((_kinds(part, LABELS, "or"), *_said(part, TURNED))) for part in viewers.parts)
    return f"{parts[:1].upper()}{parts[1:]}"


def prose(viewers: ViewerSet, preposition: str) -> str:
    """Within a sentence: "to the operator and to managed accounts while prices are shown"."""
    parts = sorted(viewers.parts, key=lambda part: bool(part.conditions))
    return listed([f"{preposition} {' '.join((_people(part), *_said(part, CLAUSES)))}" for part in parts], "and")


def listed(words: Sequence[str], last: str) -> str:
    """Words in a row: "A, B or C"."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _people(part: Part) -> str:
    """Whom a sentence is about; where roles are asked of, the users of companies."""
    kinds = _kinds(part, PROSE, "and")
    if _of_staff(part) is not None:
        return kinds
    visitors = Shape().kind in part.kinds
    if visitors or len(part.kinds) > 3 or not any(each.fact == HAVING for each in part.conditions):
        return kinds
    return f"users of {kinds}"


def _kinds(part: Part, words: Mapping[str, str], last: str) -> str:
    if set(part.kinds) == set(KINDS):
        return "everybody"
    if set(part.kinds) == set(KINDS) - {Shape().kind}:
        return "whoever is signed in" if words is PROSE else "signed in"
    if (is_staff := _of_staff(part)) is not None:
        return OPERATORS_STAFF if is_staff else OPERATORS_OTHERS
    return listed([words[kind] for kind in part.kinds], last)


def _of_staff(part: Part) -> bool | None:
    """Of users of the operator, whether they are its staff; None where that is not asked."""
    having = [each for each in part.conditions if each.fact == HAVING] if part.kinds == (AccountKind.OPERATOR.value,) else []
    return next((each.holds for each in having if _is_of_staff(each)), None)


def _is_of_staff(condition: Condition) -> bool:
    return condition.fact == HAVING and (set(condition.roles) == STAFF if condition.holds else set(condition.roles) >= STAFF)


def _said(part: Part, words: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    for each in part.conditions:
        if each.fact == HAVING:
            told = STAFF if _of_staff(part) is not None and _is_of_staff(each) else frozenset()
            if roles := [role for role in each.roles if role not in told]:
                yield f"{'with' if each.holds else 'without'} {listed(roles, 'or')}"
        else:
            yield words[each.fact][each.holds]
