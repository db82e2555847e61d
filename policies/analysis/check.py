"""The checks of `crossgate policy check`: rules that can't be loaded, rules that never apply, and fields that no rule names.

A rule is tested against all shapes that it can distinguish. Non-null fields are tested against representative shapes:
each account kind with each single role and with none, and managed accounts with each setting on and off.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

from choices import MemberRole
from models.company import AccountKind
from models.managed_account import SupportedBy
from policies.entity import Catalogue
from policies.errors import PolicyError
from policies.evaluation.policy import Policy
from policies.evaluation.shapes import distinctions_of, format_shape, shapes_of
from policies.language.lint import find_problems
from policies.language.source import DECISIONS, FIELD_RULES, OF_VIEWERS, Rule, parse, read_texts
from policies.predicates.predicate import FALSE, TRUE
from policies.viewer import COMPANYLESS, Shape


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem to fix. The message says where it is."""

    message: str


def check_texts(directory: Path, catalogue: Catalogue) -> list[Problem]:
    """Return everything that prevents a policy from loading. `Policy.load` stops at the first problem."""
    rules: list[Rule] = []
    problems: list[Problem] = []
    try:
        texts = read_texts(directory)
    except PolicyError as error:
        return [Problem(str(error))]
    for text in texts:
        try:
            rules += parse(text)
        except PolicyError as error:
            problems.append(Problem(str(error)))
    return problems or [Problem(str(error)) for error in find_problems(tuple(rules), catalogue)]


def check(
    policy: Policy,
    schema_fields: Mapping[str, Collection[str]],
    required: Collection[tuple[str, str]] = (),
) -> list[Problem]:
    """Return the problems of a policy that loads. `required` holds the (entity, field) pairs that are non-null in the schema."""
    problems = [Problem(message) for message in policy.unmatched_fields(schema_fields)]
    problems += _unused_rules(policy)
    with suppress(PolicyError):  # already reported for its rule
        problems += _hidden_required_fields(policy, required)
    return problems


@cache
def shapes() -> tuple[Shape, ...]:
    """Return the representative shapes."""
    roles = [(), *((role.value,) for role in MemberRole)]
    kinds = [*COMPANYLESS, *(kind.value for kind in AccountKind if kind is not AccountKind.MANAGED)]
    plain = [Shape(kind=kind, roles=role) for kind, role in product(kinds, roles)]
    return (*plain, *(shape for role in roles for shape in _managed(role)))


def _managed(roles: tuple[str, ...]) -> Iterator[Shape]:
    states = (False, True)
    for supported_by, (pricing, chat, dashboard, profile, approval) in product(SupportedBy, product(states, repeat=5)):
        yield Shape(
            kind=AccountKind.MANAGED.value,
            roles=roles,
            supported_by=supported_by.value,
            pricing_shown=pricing,
            chat_shown=chat,
            dashboard_shown=dashboard,
            company_profile_shown=profile,
            order_approval_required=approval,
        )


def _unused_rules(policy: Policy) -> Iterator[Problem]:
    """Yield a problem for each decision or ability rule that never applies or can't be compiled."""
    for rule in policy.rules:
        try:
            if rule.name in DECISIONS | OF_VIEWERS and _never_applies(policy, rule):
                yield Problem(f"{rule.place}: This rule never applies to any viewer. Fix its condition or remove it.")
        except PolicyError as error:
            yield Problem(str(error))


def _never_applies(policy: Policy, rule: Rule) -> bool:
    """Return True if the rule matches no row for any shape that it can distinguish."""
    action = rule.arguments[1].literal or "read"
    fields: tuple[str | None, ...] = (None,)
    if rule.name in FIELD_RULES and rule.fields is not None:
        fields = rule.fields
    distinguished = shapes_of(distinctions_of([rule], policy.rules))
    return all(policy.explain(rule, shape, action, field) == FALSE for shape in distinguished for field in fields)


def _hidden_required_fields(policy: Policy, required: Collection[tuple[str, str]]) -> Iterator[Problem]:
    """Yield a problem for each non-null field that is hidden from some viewer on a row that the viewer can read."""
    for entity, field in sorted(required):
        for shape in shapes():
            decision = policy.decide(shape, entity)
            rule = decision.fields.get(field)
            if decision.rows != FALSE and (rule is None or rule.visible != TRUE):
                yield Problem(
                    f"{entity}.{field} is non-null in the schema, but it's hidden from {format_shape(shape)}. "
                    "Make it nullable, or allow it for everyone who can read the row."
                )
                break
