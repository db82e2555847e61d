"""Representative shapes: the policy treats every viewer like one of them."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import server
from models.company import AccountKind
from models.managed_account import SupportedBy
from policies.errors import PolicyError
from policies.evaluation.policy import Policy
from policies.evaluation.shapes import (
    ROLES,
    STALE,
    SWITCHES,
    Distinctions,
    distinctions_of,
    format_shape,
    parse_shape,
    shapes_of,
)
from policies.language.source import Rule, Text, parse
from policies.viewer import Shape

PLAIN: Final = tuple(kind.value for kind in AccountKind if kind is not AccountKind.MANAGED)
ROLE_SETS: Final = st.sets(st.sampled_from(ROLES)).map(lambda roles: tuple(sorted(roles)))
POSSIBLE: Final = st.one_of(
    st.just(Shape()),
    st.builds(Shape, kind=st.sampled_from(PLAIN), roles=ROLE_SETS),
    st.builds(
        Shape,
        kind=st.just("MANAGED"),
        roles=ROLE_SETS,
        supported_by=st.sampled_from([each.value for each in SupportedBy]),
        **dict.fromkeys(SWITCHES, st.booleans()),
    ),
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Load the gateway's policy."""
    return server.load_policy()


def rules(text: str) -> tuple[Rule, ...]:
    """Parse the rules of a text."""
    return parse(Text("sample.polar", text))


@settings(deadline=None, max_examples=50)
@given(POSSIBLE)
def test_every_shape_is_treated_like_a_representative(policy: Policy, shape: Shape) -> None:
    """For each type, any shape has the same decision as the representative with the same distinctions."""
    for entity in policy.catalogue:
        relevant = [rule for rule in policy.rules if rule.entity == entity.name]
        distinctions = distinctions_of(relevant, policy.rules)
        alike = [each for each in shapes_of(distinctions) if _agree(each, shape, distinctions)]

        assert [policy.decide(shape, entity.name)] == [policy.decide(each, entity.name) for each in alike]


def test_facts_of_called_rules_count() -> None:
    """The facts and roles of a helper count for its callers, and only for them."""
    known = rules(
        'allow(viewer: Viewer, "read", port: Port) if runs(viewer);\n'
        'runs(viewer: Viewer) if role in ["FINANCE", "VIEWER"] and role in viewer.roles and viewer.kind = "PARTNER";\n'
        'other(viewer: Viewer) if viewer.pricing_shown and "SUPPORT" in viewer.roles;\n'
    )

    assert Distinctions(("kind", "roles"), ("FINANCE", "VIEWER")) == distinctions_of(known[:1], known)


def test_roles_compared_with_a_column_are_all_roles() -> None:
    """If a column decides which role is needed, no role can be left out."""
    known = rules('allow(viewer: Viewer, "read", port: Port) if port.name in viewer.roles;')

    assert Distinctions(("roles",), ROLES) == distinctions_of(known, known)


def test_role_bound_in_one_branch_is_any_role_in_another() -> None:
    """A list limits only the roles in its own branch."""
    known = rules(
        'allow(viewer: Viewer, "read", port: Port) if\n'
        '  (role in ["FINANCE"] and role in viewer.roles) or (role in viewer.roles and port.name = role);'
    )

    assert Distinctions(("roles",), ROLES) == distinctions_of(known, known)


def test_impossible_shapes_are_left_out() -> None:
    """Viewers without a company have no roles, and only managed viewers have a supporter and settings."""
    every = shapes_of(Distinctions(("kind", "roles", "supported_by", *SWITCHES), ("FINANCE",)))

    assert 2 + 3 * 2 + 2 * 2 * 2 ** len(SWITCHES) == len(every) == len(set(every))
    assert all(shape.supported_by is None and not any(_switches(shape)) for shape in every if shape.kind != "MANAGED")


@given(POSSIBLE)
def test_formatted_shape_can_be_parsed(shape: Shape) -> None:
    """Any displayed shape can be passed back to a command."""
    assert shape == parse_shape(format_shape(shape))


@pytest.mark.parametrize("text", ["", "KING", "DIRECT+pricing_shown", "ANONYMOUS+FINANCE", "MANAGED+by=NOBODY"])
def test_impossible_shape_is_rejected(text: str) -> None:
    """The error names the wrong term and the possible ones."""
    with pytest.raises(PolicyError, match=r"Unknown term .* in .*Write a kind \(ANONYMOUS, "):
        parse_shape(text)


def test_possible_terms_of_a_shape_have_a_fixed_order() -> None:
    """Roles, supporters and settings are listed in declaration order."""
    with pytest.raises(PolicyError) as raised:
        parse_shape("MANAGED+KING")

    known = ", ".join((*ROLES, "by=PARTNER", "by=OPERATOR", *SWITCHES, STALE))
    assert str(raised.value).endswith(f", followed by any of: {known}.")


def _agree(one: Shape, other: Shape, distinctions: Distinctions) -> bool:
    """Return True if two shapes agree in all distinctions."""
    facts = [name for name in distinctions.facts if name != "roles"]
    roles = set(one.roles) & set(distinctions.roles) == set(other.roles) & set(distinctions.roles)
    return roles and one.kind == other.kind and all(getattr(one, name) == getattr(other, name) for name in facts)


def _switches(shape: Shape) -> list[bool]:
    return [getattr(shape, name) for name in SWITCHES]
