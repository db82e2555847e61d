"""The shapes that stand for all others: whatever viewer comes, policy decides for it as for one of them."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import server
from models.company import AccountKind
from models.managed_account import SupportedBy
from policies.errors import PolicyError
from policies.policy import Policy
from policies.shapes import ROLES, SWITCHES, Distinctions, distinctions_of, format_shape, parse_shape, shapes_of
from policies.source import Rule, Text, parse
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
    """The gateway's own policy."""
    return server.load_policy()


def rules(text: str) -> tuple[Rule, ...]:
    """The rules of a text."""
    return parse(Text("sample.polar", text))


@settings(deadline=None, max_examples=50)
@given(POSSIBLE)
def test_every_viewer_is_decided_for_as_one_of_them(policy: Policy, shape: Shape) -> None:
    """For each type, the decision of any possible shape is that of a representative one, which agrees in what is mentioned."""
    for entity in policy.catalogue:
        asked = [rule for rule in policy.rules if rule.entity == entity.name]
        told = distinctions_of(asked, policy.rules)
        alike = [each for each in shapes_of(told) if _agree(each, shape, told)]

        assert [policy.decide(shape, entity.name)] == [policy.decide(each, entity.name) for each in alike]


def test_what_called_rules_mention_is_mentioned() -> None:
    """A helper's facts and roles are those of whoever calls it, and nobody else's."""
    known = rules(
        'allow(viewer: Viewer, "read", port: Port) if runs(viewer);\n'
        'runs(viewer: Viewer) if role in ["FINANCE", "VIEWER"] and role in viewer.roles and viewer.kind = "PARTNER";\n'
        'other(viewer: Viewer) if viewer.pricing_shown and "SUPPORT" in viewer.roles;\n'
    )

    assert Distinctions(("kind", "roles"), ("FINANCE", "VIEWER")) == distinctions_of(known[:1], known)


def test_roles_compared_with_what_is_stored_are_all_roles() -> None:
    """Where a column decides which role it takes, no role can be left out."""
    known = rules('allow(viewer: Viewer, "read", port: Port) if port.name in viewer.roles;')

    assert Distinctions(("roles",), ROLES) == distinctions_of(known, known)


def test_a_role_that_one_branch_states_is_any_role_in_another() -> None:
    """A list bounds the roles that stand below it, and no others."""
    known = rules(
        'allow(viewer: Viewer, "read", port: Port) if\n'
        '  (role in ["FINANCE"] and role in viewer.roles) or (role in viewer.roles and port.name = role);'
    )

    assert Distinctions(("roles",), ROLES) == distinctions_of(known, known)


def test_no_impossible_shape_is_among_them() -> None:
    """Visitors have no roles, and only managed viewers have a supporter and switches."""
    every = shapes_of(Distinctions(("kind", "roles", "supported_by", *SWITCHES), ("FINANCE",)))

    assert 1 + 3 * 2 + 2 * 2 * 2 ** len(SWITCHES) == len(every) == len(set(every))
    assert all(shape.supported_by is None and not any(_switches(shape)) for shape in every if shape.kind != "MANAGED")


@given(POSSIBLE)
def test_a_shape_is_read_as_it_is_written(shape: Shape) -> None:
    """Whatever shape is shown can be given back to a command."""
    assert shape == parse_shape(format_shape(shape))


@pytest.mark.parametrize("text", ["", "KING", "DIRECT+pricing_shown", "ANONYMOUS+FINANCE", "MANAGED+by=NOBODY"])
def test_a_shape_that_nobody_has_is_refused(text: str) -> None:
    """The word that is wrong is named, and what could stand there."""
    with pytest.raises(PolicyError, match="is unknown: write a kind of ANONYMOUS, "):
        parse_shape(text)


def test_what_could_stand_in_a_shape_is_named_in_one_order() -> None:
    """Roles, who supports it, and what is switched on, as they are declared."""
    with pytest.raises(PolicyError) as raised:
        parse_shape("MANAGED+KING")

    known = ", ".join((*ROLES, "by=PARTNER", "by=OPERATOR", *SWITCHES))
    assert str(raised.value).endswith(f", then {known}")


def _agree(one: Shape, other: Shape, told: Distinctions) -> bool:
    """Whether two shapes are the same by what is mentioned."""
    facts = [name for name in told.facts if name != "roles"]
    roles = set(one.roles) & set(told.roles) == set(other.roles) & set(told.roles)
    return roles and one.kind == other.kind and all(getattr(one, name) == getattr(other, name) for name in facts)


def _switches(shape: Shape) -> list[bool]:
    return [getattr(shape, name) for name in SWITCHES]
