"""What `crossgate policy check` finds: rules that cannot be loaded, rules that never apply, fields that rules forget.

Whether a rule applies to anybody is asked of all shapes that it can tell apart, and whether a field is hidden of representative ones:
each kind of account, with each single role and with none, and for managed accounts with each of their settings on and off.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

from models.company import AccountKind
from models.managed_account import SupportedBy
from models.membership import MemberRole
from policies.entity import Catalogue
from policies.errors import PolicyError
from policies.lint import problems
from policies.policy import Policy
from policies.predicate import FALSE, TRUE
from policies.shapes import mentioned, shapes_of
from policies.source import DECISIONS, FIELD_RULES, OF_VIEWERS, Rule, parse, read_texts
from policies.viewer import Shape


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend; its message names the place."""

    message: str


def check_texts(directory: Path, catalogue: Catalogue) -> list[Problem]:
    """All reasons for which a policy cannot be loaded, where `Policy.load` stops at the first."""
    rules: list[Rule] = []
    found: list[Problem] = []
    try:
        texts = read_texts(directory)
    except PolicyError as error:
        return [Problem(str(error))]
    for text in texts:
        try:
            rules += parse(text)
        except PolicyError as error:
            found.append(Problem(str(error)))
    return found or [Problem(str(error)) for error in problems(tuple(rules), catalogue)]


def check(
    policy: Policy,
    schema_fields: Mapping[str, Collection[str]],
    required: Collection[tuple[str, str]] = (),
) -> list[Problem]:
    """What is wrong with a policy that can be loaded. `required` are the (entity, field) pairs that are never null."""
    found = [Problem(message) for message in policy.unmatched_fields(schema_fields)]
    found += _idle(policy)
    with suppress(PolicyError):  # which is told of its rule already
        found += _hidden(policy, required)
    return found


@cache
def shapes() -> tuple[Shape, ...]:
    """The representative shapes."""
    roles = [(), *((role.value,) for role in MemberRole)]
    kinds = ["ANONYMOUS", *(kind.value for kind in AccountKind if kind is not AccountKind.MANAGED)]
    plain = [Shape(kind=kind, roles=role) for kind, role in product(kinds, roles)]
    return (*plain, *(shape for role in roles for shape in _managed(role)))


def _managed(roles: tuple[str, ...]) -> Iterator[Shape]:
    switch = (False, True)
    for supported_by, (pricing, chat, dashboard, profile, approval) in product(SupportedBy, product(switch, repeat=5)):
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


def _idle(policy: Policy) -> Iterator[Problem]:
    """Decision and ability rules that are true of no viewer and row, or that cannot be compiled."""
    for rule in policy.rules:
        try:
            if rule.name in DECISIONS | OF_VIEWERS and _is_idle(policy, rule):
                yield Problem(f"{rule.place}: this rule applies to no viewer")
        except PolicyError as error:
            yield Problem(str(error))


def _is_idle(policy: Policy, rule: Rule) -> bool:
    """Whether no shape makes a rule true of any row, of those between which it can tell."""
    action = rule.arguments[1].literal or "read"
    fields: tuple[str | None, ...] = (None,)
    if rule.name in FIELD_RULES and rule.fields is not None:
        fields = rule.fields
    told = shapes_of(mentioned([rule], policy.rules))
    return all(policy.explain(rule, shape, action, field) == FALSE for shape in told for field in fields)


def _hidden(policy: Policy, required: Collection[tuple[str, str]]) -> Iterator[Problem]:
    """Fields that may not be null, and that some viewer finds hidden on a row that it reads."""
    for entity, field in sorted(required):
        for shape in shapes():
            decision = policy.decide(shape, entity)
            rule = decision.fields.get(field)
            if decision.rows != FALSE and (rule is None or rule.visible != TRUE):
                yield Problem(f"{entity}.{field} is never null in the schema, but hidden from {shape}")
                break
