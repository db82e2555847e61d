"""Describe a set of viewer shapes in few words, by a small decision tree that branches only where the answer differs.

A description matches exactly the shapes in the set. It may or may not match shapes that don't matter. Facts are tested in a fixed
order (kind, support, settings, roles), so the same set always gets the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from operator import or_
from typing import Final, TypeAlias

from models.company import AccountKind
from models.managed_account import SupportedBy
from models.membership import STAFF_ROLES
from policies.evaluation.shapes import KINDS, ROLES, STALE, SWITCHES
from policies.viewer import COMPANYLESS, USER, Shape

SIGNED_IN: Final = frozenset(KINDS) - {Shape().kind}
MEMBERS: Final = frozenset(KINDS) - {*COMPANYLESS}
SUPPORT: Final = "supported_by"
ROLES_FACT: Final = "roles"
FACTS: Final = (SUPPORT, *SWITCHES, STALE)
BITS: Final = {name: 1 << place for place, name in enumerate((*FACTS, *ROLES))}
CACHED_SHAPES: Final = 65_536  # a few megabytes, since most are asked for again and again
LabeledShapes: TypeAlias = "Sequence[tuple[int, bool | None]]"
"""Shapes of one kind: the bits of each, and whether it's in the set. None if that doesn't matter."""


@lru_cache(CACHED_SHAPES)
def bits_of(shape: Shape) -> int:
    """Return the bits of what is true of a shape: its settings, support by the operator, no recent sign-in, and its roles."""
    true = [name for name in (*SWITCHES, STALE) if getattr(shape, name)]
    true += [SUPPORT] if shape.supported_by == SupportedBy.OPERATOR else []
    return _mask((*true, *shape.roles))


def _mask(names: Iterable[str]) -> int:
    return sum(BITS[name] for name in names)


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of a shape: one of its settings, support by the operator, a recent sign-in, or having at least one of some roles."""

    fact: str
    holds: bool
    roles: tuple[str, ...] = ()

    @property
    def mask(self) -> int:
        """The bits of which at least one is set if what is tested is true."""
        return _mask(self.roles) if self.fact == ROLES_FACT else BITS[self.fact]

    def of(self, shape: Shape) -> bool:
        """Return True if a shape meets the condition."""
        return bool(bits_of(shape) & self.mask) is self.holds


@dataclass(frozen=True, slots=True)
class Part:
    """Viewers of some kinds who meet all conditions."""

    kinds: tuple[str, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class ViewerSet:
    """The viewers in any of the parts."""

    parts: tuple[Part, ...]

    def contains(self, shape: Shape) -> bool:
        """Return True if viewers of a shape are in the set."""
        return any(
            shape.kind in part.kinds and all(condition.of(shape) for condition in part.conditions) for part in self.parts
        )


def describe_viewers(membership: Mapping[Shape, bool | None]) -> ViewerSet:
    """Describe the shapes that map to True, in as few conditions as the fixed order allows. Shapes that map to None don't matter."""
    by_kind: dict[str, list[tuple[int, bool | None]]] = {kind: [] for kind in KINDS}
    for shape, value in membership.items():
        by_kind[shape.kind].append((bits_of(shape), value))
    free = {kind for kind, shapes in by_kind.items() if all(value is None for _, value in shapes)}
    kinds_by_ways: dict[tuple[tuple[Condition, ...], ...], list[str]] = {}
    for kind, shapes in by_kind.items():
        if ways := tuple(_ways(shapes, ())):
            kinds_by_ways.setdefault(ways, []).append(kind)
    return ViewerSet(tuple(Part(_widened(kinds, free), way) for ways, kinds in kinds_by_ways.items() for way in ways))


def _widened(kinds: list[str], free: set[str]) -> tuple[str, ...]:
    """Add kinds that don't matter if that makes the list all kinds, all signed-in kinds, or all kinds of companies."""
    for group in (set(KINDS), SIGNED_IN, MEMBERS):
        if group - free <= set(kinds) and len(kinds) > 1:
            return tuple(kind for kind in KINDS if kind in group | set(kinds))
    return tuple(kinds)


def _ways(membership: LabeledShapes, way: tuple[Condition, ...]) -> Iterator[tuple[Condition, ...]]:
    """Yield each conjunction of conditions that leads to shapes in the set."""
    if not _mixed(membership):
        if any(value for _, value in membership):
            yield _joined(way)
        return
    test = _next_test(membership)
    for condition, side in zip((test, replace(test, holds=not test.holds)), _sides(test, membership), strict=True):
        yield from _ways(side, (*way, condition))


def _joined(way: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Put conditions in reading order, and merge those on missing roles into one."""
    missing = {role for item in way if item.fact == ROLES_FACT and not item.holds for role in item.roles}
    others = sorted((item for item in way if item.fact != ROLES_FACT), key=lambda item: FACTS.index(item.fact))
    having = [item for item in way if item.fact == ROLES_FACT and item.holds]
    without = [Condition(ROLES_FACT, False, _ordered(missing))] if missing else []
    return (*others, *having, *without)


def _mixed(membership: LabeledShapes) -> bool:
    return len({value for _, value in membership} - {None}) > 1


def _next_test(membership: LabeledShapes) -> Condition:
    """Pick the next test: the first one with an outcome that settles membership, or else the first one that affects it."""
    facts = [Condition(SUPPORT, False), *(Condition(name, True) for name in (*SWITCHES, STALE))]
    groups = [Condition(ROLES_FACT, True, group) for group in _groups(membership)]
    splitting = [test for test in (*facts, *groups) if all(_sides(test, membership))]
    candidates = [test for test in splitting if _differs(membership, test.mask)] or splitting
    return next((test for test in candidates if not all(map(_mixed, _sides(test, membership)))), candidates[0])


def _sides(test: Condition, membership: LabeledShapes) -> tuple[LabeledShapes, LabeledShapes]:
    """Divide shapes into those that meet a test and the others."""
    mask = test.mask
    with_it, without = (
        [entry for entry in membership if entry[0] & mask],
        [entry for entry in membership if not entry[0] & mask],
    )
    return (with_it, without) if test.holds else (without, with_it)


def _differs(membership: LabeledShapes, mask: int) -> bool:
    """Return True if membership differs between two shapes that differ in nothing but these bits."""
    values: dict[int, bool] = {}
    return any(value is not None and values.setdefault(bits & ~mask, value) is not value for bits, value in membership)


def _groups(membership: LabeledShapes) -> Iterator[tuple[str, ...]]:
    """Yield the roles that matter, in groups of interchangeable roles."""
    held = reduce(or_, (bits for bits, _ in membership), 0)
    roles = [role for role in ROLES if held & BITS[role]]
    left = [role for role in roles if _differs(membership, BITS[role])] or roles
    while left:
        group = [left[0]]
        for role in left[1:]:
            mask = _mask((*group, role))
            if not _differs([entry for entry in membership if entry[0] & mask], mask):
                group.append(role)
        left = [role for role in left if role not in group]
        yield tuple(group)


def _ordered(roles: set[str]) -> tuple[str, ...]:
    return tuple(role for role in ROLES if role in roles)


LABELS: Final[Mapping[str, str]] = {
    Shape().kind: "visitor",
    USER.kind: "user without a company",
    AccountKind.DIRECT.value: "direct",
    AccountKind.PARTNER.value: "partner",
    AccountKind.MANAGED.value: "managed",
    AccountKind.OPERATOR.value: "operator",
}
PROSE: Final[Mapping[str, str]] = {
    Shape().kind: "anonymous visitors",
    USER.kind: "users without a company",
    AccountKind.DIRECT.value: "direct companies",
    AccountKind.PARTNER.value: "partners",
    AccountKind.MANAGED.value: "managed accounts",
    AccountKind.OPERATOR.value: "the operator",
}
TURNED: Final[Mapping[str, tuple[str, str]]] = {  # each fact's words when it's false, and when it's true
    SUPPORT: ("supported by its partner", "supported by the operator"),
    "pricing_shown": ("prices hidden", "prices shown"),
    "chat_shown": ("chat off", "chat on"),
    "dashboard_shown": ("dashboard off", "dashboard on"),
    "company_profile_shown": ("company profile hidden", "company profile shown"),
    "order_approval_required": ("orders placed directly", "orders need approval"),
    STALE: ("after a recent sign-in", "without a recent sign-in"),
}
CLAUSES: Final[Mapping[str, tuple[str, str]]] = {
    SUPPORT: ("supported by their partner", "supported by the operator"),
    "pricing_shown": ("while prices are hidden", "while prices are shown"),
    "chat_shown": ("while chat is off", "while chat is on"),
    "dashboard_shown": ("while the dashboard is off", "while the dashboard is on"),
    "company_profile_shown": ("while the company profile is hidden", "while the company profile is shown"),
    "order_approval_required": ("whose orders are placed directly", "whose orders need approval"),
    STALE: ("after a recent sign-in", "without a recent sign-in"),
}


STAFF: Final = frozenset(role.value for role in STAFF_ROLES)  # A43
OPERATORS_STAFF: Final = "the operator's staff"
OPERATORS_OTHERS: Final = "other users of the operator"


def label(viewers: ViewerSet) -> str:
    """Return a set as a column heading: "Managed, prices shown, with ACCOUNT_ADMIN or FINANCE"."""
    parts = "; ".join(", ".join((_kinds(part, LABELS, "or"), *_said(part, TURNED))) for part in viewers.parts)
    return f"{parts[:1].upper()}{parts[1:]}"


def prose(viewers: ViewerSet, preposition: str, *, preceding_text: str = "") -> str:
    """Return a set for use in a sentence: "to the operator and to managed accounts while prices are shown".

    Unless the operator's staff is named first, also in `preceding_text`, its other users are named by the roles they lack.
    """
    phrases: list[str] = []
    for part in sorted(viewers.parts, key=lambda part: bool(part.conditions)):
        by_staff = OPERATORS_STAFF in " ".join((preceding_text, *phrases)) or _is_staff(part) is True
        words = (_people(part, by_staff=by_staff), *_said(part, CLAUSES, by_staff=by_staff))
        phrases.append(f"{preposition} {' '.join(words)}")
    return listed(phrases, "and")


def listed(words: Sequence[str], last: str) -> str:
    """Join words into a list: "A, B or C"."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _people(part: Part, *, by_staff: bool) -> str:
    """Name the people of a part: companies, or the users of companies if roles are tested."""
    kinds = _kinds(part, PROSE, "and", by_staff=by_staff)
    if by_staff and _is_staff(part) is not None:
        return kinds
    companyless = not {*COMPANYLESS}.isdisjoint(part.kinds)
    if companyless or len(part.kinds) > 3 or not any(condition.fact == ROLES_FACT for condition in part.conditions):
        return kinds
    return f"users of {kinds}"


def _kinds(part: Part, words: Mapping[str, str], last: str, *, by_staff: bool = True) -> str:
    """Name the kinds of a part. With `by_staff`, the operator's users are its staff or the others."""
    if set(part.kinds) == set(KINDS):
        return "everyone"
    if set(part.kinds) == SIGNED_IN:
        return "signed-in users" if words is PROSE else "signed in"
    if set(part.kinds) == MEMBERS:
        return "members of companies" if words is PROSE else "members"
    if by_staff and (is_staff := _is_staff(part)) is not None:
        return OPERATORS_STAFF if is_staff else OPERATORS_OTHERS
    return listed([words[kind] for kind in part.kinds], last)


def _is_staff(part: Part) -> bool | None:
    """Return whether a part is the operator's staff or its other users; None if the part doesn't test that."""
    conditions = part.conditions if part.kinds == (AccountKind.OPERATOR.value,) else ()
    return next((condition.holds for condition in conditions if _tests_staff(condition)), None)


def _tests_staff(condition: Condition) -> bool:
    """Return whether a condition is on the roles of the operator's staff."""
    roles = set(condition.roles)
    return condition.fact == ROLES_FACT and (roles == STAFF if condition.holds else roles >= STAFF)


def _said(part: Part, words: Mapping[str, tuple[str, str]], *, by_staff: bool = True) -> Iterator[str]:
    """Yield the words for each condition. With `by_staff`, `_kinds` has said whether the users are the operator's staff."""
    for condition in part.conditions:
        if condition.fact == ROLES_FACT:
            implied = STAFF if by_staff and _is_staff(part) is not None and _tests_staff(condition) else frozenset()
            if roles := [role for role in condition.roles if role not in implied]:
                names = listed(roles, "or")
                yield f"{'with' if condition.holds else 'without'} {f'the {names} role' if words is CLAUSES else names}"
        else:
            yield words[condition.fact][condition.holds]
