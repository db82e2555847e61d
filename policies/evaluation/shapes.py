"""The representative shapes of a set of rules: every viewer's shape is equivalent to one of them, as far as the rules can tell.

Rules can distinguish viewers only by the facts that they mention, and roles only by the literals that they compare them with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations, product
from typing import Final

from choices import MemberRole
from models.company import AccountKind
from models.managed_account import SupportedBy
from models.membership import STAFF_ROLES
from policies.errors import PolicyError
from policies.language.source import Rule
from policies.language.syntax import All, Any, Call, Comparison, Constant, Goal, Listing, Negation, Path, calls, leaves, paths
from policies.viewer import COMPANYLESS, SHAPE, USER, Shape

SWITCHES: Final = ("pricing_shown", "chat_shown", "dashboard_shown", "company_profile_shown", "order_approval_required")
"""The facts that a partner's settings control for its managed accounts. They're False for all other viewers."""
STALE: Final = "sign_in_stale"
"""The fact that every signed-in viewer's session can have."""
ROLES: Final = tuple(role.value for role in MemberRole)
KINDS: Final = (*COMPANYLESS, *(kind.value for kind in AccountKind))
SUPPORTED_BY: Final = "by="


@dataclass(frozen=True, slots=True)
class Distinctions:
    """What rules distinguish viewers by: facts of the shape, and roles, each in declaration order."""

    facts: tuple[str, ...]
    roles: tuple[str, ...]


def distinctions_of(roots: Iterable[Rule], rules: Collection[Rule]) -> Distinctions:
    """Return what these rules and the rules that they call mention of the viewer. `rules` are all rules of the policy."""
    reached = _closure(roots, rules)
    facts = {name for rule in reached for name in _facts(rule)}
    literals = {literal for rule in reached for literal in _literals(rule)}
    every = any(_compares_any_role(rule.body, set()) for rule in reached)
    roles = [role for role in ROLES if "roles" in facts and (every or role in literals)]
    return Distinctions(tuple(name for name in SHAPE if name in facts), tuple(roles))


def shapes_of(distinctions: Distinctions) -> tuple[Shape, ...]:
    """Return shapes that match every viewer's shape in all distinctions. Viewers without a company have no roles."""
    subsets = [
        *chain.from_iterable(combinations(sorted(distinctions.roles), size) for size in range(len(distinctions.roles) + 1))
    ]
    plain = [kind.value for kind in AccountKind if kind is not AccountKind.MANAGED]
    switches = [name for name in SWITCHES if name in distinctions.facts]
    supporters = [each.value for each in SupportedBy][: None if "supported_by" in distinctions.facts else 1]
    managed = (
        Shape(kind=AccountKind.MANAGED.value, roles=roles, supported_by=by, **dict(zip(switches, on, strict=True)))
        for roles, by, on in product(subsets, supporters, product((False, True), repeat=len(switches)))
    )
    signed_in = (USER, *(Shape(kind=kind, roles=roles) for kind, roles in product(plain, subsets)), *managed)
    stale = (replace(shape, sign_in_stale=True) for shape in signed_in if STALE in distinctions.facts)
    return (Shape(), *signed_in, *stale)


def format_shape(shape: Shape) -> str:
    """Format a shape: its kind, roles, supporter and the facts that hold, as in `MANAGED+FINANCE+by=PARTNER`."""
    supporter = [] if shape.supported_by is None else [f"{SUPPORTED_BY}{shape.supported_by}"]
    return "+".join([shape.kind, *shape.roles, *supporter, *(name for name in (*SWITCHES, STALE) if getattr(shape, name))])


def parse_shape(text: str) -> Shape:
    """Parse a formatted shape. A managed shape without a supporter gets its partner. Raises PolicyError."""
    kind, *words = text.split("+")
    supporters = {f"{SUPPORTED_BY}{each.value}": each.value for each in SupportedBy}
    managed = kind == AccountKind.MANAGED.value
    roles_of_kind, facts_of_kind = () if kind in COMPANYLESS else ROLES, () if kind == Shape().kind else (STALE,)
    known = (*roles_of_kind, *((*supporters, *SWITCHES) if managed else ()), *facts_of_kind)
    if kind not in KINDS or (unknown := [word for word in words if word not in known]):
        wrong = kind if kind not in KINDS else unknown[0]
        raise PolicyError(
            f"Unknown term {wrong} in {text}. Write a kind ({', '.join(KINDS)}), followed by any of: {', '.join(known) or 'nothing'}."
        )
    by = next((supporters[word] for word in words if word in supporters), SupportedBy.PARTNER.value)
    roles = tuple(sorted(word for word in words if word in ROLES))
    switches = {name: name in words for name in (*SWITCHES, STALE)}
    return Shape(kind=kind, roles=roles, supported_by=by if managed else None, **switches)


def _closure(roots: Iterable[Rule], rules: Collection[Rule]) -> list[Rule]:
    reached: dict[Rule, None] = {}
    ahead = list(roots)
    while ahead:
        rule = ahead.pop()
        if rule not in reached:
            reached[rule] = None
            names = {call.rule for call in calls(rule.body)}
            ahead += [other for other in rules if other.name in names]
    return list(reached)


def _facts(rule: Rule) -> Iterator[str]:
    viewers = {argument.name for argument in rule.arguments if argument.type == "Viewer"}
    for goal in [rule.body] if rule.body else []:
        yield from (path.attribute for path in paths(goal) if path.variable in viewers and path.attribute in SHAPE)


def _literals(rule: Rule) -> Iterator[str]:
    yield from (argument.literal for argument in rule.arguments if argument.literal is not None)
    for goal in leaves(rule.body):
        yield from (term.value for term in _terms(goal) if isinstance(term, Constant) and isinstance(term.value, str))


def _compares_any_role(goal: Goal | None, bound: set[str]) -> bool:
    """Return True if a goal compares the viewer's roles with anything but literals. Adds variables bound to literals to `bound`."""
    match goal:
        case All(goals):
            return any(_compares_any_role(item, bound) for item in goals)
        case Any(goals):
            return any(_compares_any_role(item, set(bound)) for item in goals)
        case Negation(_, item):
            return _compares_any_role(item, set(bound))
        case Comparison(_, "in", Path(_, variable, None), Listing(_, items)) if all(isinstance(it, Constant) for it in items):
            bound.add(variable)
        case Comparison(_, "in", Path(_, variable, attribute), Path(_, _, "roles")):
            return attribute is not None or variable not in bound
    return False


def _terms(goal: Goal) -> Iterator[Constant | Path]:
    match goal:
        case Call(_, _, arguments):
            yield from arguments
        case Comparison(_, _, left, right):
            yield left
            yield from right.items if isinstance(right, Listing) else (right,)


def expected_shapes() -> Iterator[Shape]:
    """Yield the shapes of common viewers: visitors, and members with one role, whose account has all settings off or all on."""
    yield Shape()
    yield USER
    for kind, role in product(AccountKind, ROLES):
        if role in STAFF_ROLES and kind is not AccountKind.OPERATOR:
            continue
        if kind is not AccountKind.MANAGED:
            yield Shape(kind=kind.value, roles=(role,))
            continue
        for on in (False, True):
            settings = dict.fromkeys(SWITCHES, on)
            yield Shape(kind=kind.value, roles=(role,), supported_by=SupportedBy.PARTNER.value, **settings)
