"""What a kind of viewer can reach is what the compiled policy allows it under some settings."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

import server
from policies.evaluation.policy import Policy
from policies.evaluation.reachability import Hiding, Reachability, SettingReason, can_ever_read
from policies.evaluation.shapes import SWITCHES, parse_shape
from policies.predicates.predicate import FALSE, conj, without_parameters
from policies.reason import Reason
from policies.viewer import PARAMETERS, Shape
from resolvers.subscription import Updates, connection_request_updated, notification_received, port_updated


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Load the gateway's policy."""
    return server.load_policy()


def with_any_settings(shape: Shape) -> list[Shape]:
    """Return a shape with every combination of settings."""
    states: list[dict[str, Any]] = [dict(zip(SWITCHES, on, strict=True)) for on in product((False, True), repeat=len(SWITCHES))]
    return [replace(shape, **state) for state in states] if shape.kind == "MANAGED" else [shape]


@pytest.mark.parametrize("text", ["ANONYMOUS", "DIRECT+NETWORK_ADMIN", "MANAGED+FINANCE", "PARTNER", "OPERATOR+REVIEWER"])
def test_unreachable_field_is_never_seen(policy: Policy, text: str) -> None:
    """No setting shows an unreachable field in any row, and some setting shows each reachable field."""
    reach, states = Reachability(policy, parse_shape(text)), with_any_settings(parse_shape(text))
    lacking = frozenset(PARAMETERS) - {"invitation_id"} if text == "ANONYMOUS" else frozenset({"invitation_id"})
    seen = {
        (entity.name, field): any(
            without_parameters(conj((decision.rows, decision.fields[field].visible)), lacking) != FALSE
            for decision in (policy.decide(each, entity.name) for each in states)
        )
        for entity in policy.catalogue
        for field in policy.decide(states[0], entity.name).fields
    }

    assert seen == {(entity, field): reach.sees(entity, field) for entity, field in seen}


@pytest.mark.parametrize(
    ("text", "entity", "action", "within"),
    [
        ("MANAGED+ACCOUNT_ADMIN", "Port", "cancel", True),
        ("MANAGED+ACCOUNT_ADMIN", "Port", "publish", False),
        ("MANAGED+ACCOUNT_ADMIN", "Company", "order_port_directly", True),
        ("MANAGED+ACCOUNT_ADMIN", "Company", "save_marketplace_profile", False),
        ("PARTNER+ACCOUNT_ADMIN", "Company", "create_managed_account", True),
        ("ANONYMOUS", "MarketplaceProfile", "inquire", True),
    ],
)
def test_action_is_reachable_or_never_allowed_R116(policy: Policy, text: str, entity: str, action: str, within: bool) -> None:
    """An action counts as reachable for any row, and even if only a setting prevents it."""
    assert within == Reachability(policy, parse_shape(text)).can_act(entity, action)


@pytest.mark.parametrize(
    ("entity", "readable"), [("Invoice", False), ("InvoiceLine", False), ("Dashboard", True), ("Offer", True)]
)
def test_part_is_read_with_its_whole_R114(policy: Policy, entity: str, readable: bool) -> None:
    """A managed account can't read invoice lines because it can't read invoices. It can read a dashboard while that's enabled."""
    assert readable == Reachability(policy, parse_shape("MANAGED+ACCOUNT_ADMIN")).reads(entity)


@pytest.mark.parametrize(
    ("text", "has"), [("MANAGED+FINANCE", False), ("DIRECT+FINANCE", True), ("DIRECT+NETWORK_ADMIN", False)]
)
def test_ability_is_reachable_or_never_allowed_R113(policy: Policy, text: str, has: bool) -> None:
    """A managed account never has the quoting tool."""
    assert has == Reachability(policy, parse_shape(text)).has_ability("quote")


def test_field_visible_in_every_row_can_be_filtered_by_R121(policy: Policy) -> None:
    """A managed account can see the price of all its ports under some setting, but never the account kind of every company."""
    reach = Reachability(policy, parse_shape("MANAGED+FINANCE"))

    assert (True, False, True) == (
        reach.sees_everywhere("Port", "monthly_rate"),
        reach.sees_everywhere("Company", "account_kind"),
        reach.sees("Company", "account_kind"),
    )


@pytest.mark.parametrize(
    ("text", "entity", "field", "hiding"),
    [
        ("PARTNER+ACCOUNT_ADMIN", "Port", "name", Hiding((), ())),
        ("PARTNER+ACCOUNT_ADMIN", "Company", "account_kind", Hiding((Reason.NOT_YOURS,), ())),
        (
            "MANAGED+FINANCE",
            "Port",
            "monthly_rate",
            Hiding((), (SettingReason(Reason.HIDDEN_BY_PARTNER, "pricing", on=False),)),
        ),
        (
            "MANAGED+FINANCE",
            "Company",
            "company_profile",
            Hiding((Reason.NOT_YOURS,), (SettingReason(Reason.HIDDEN_BY_PARTNER, "company_profile", on=False),)),
        ),
    ],
)
def test_reasons_that_hide_a_field_are_returned_R111_R121(
    policy: Policy, text: str, entity: str, field: str, hiding: Hiding
) -> None:
    """Reasons that depend on the row are separate from those that only a setting causes."""
    assert hiding == Reachability(policy, parse_shape(text)).hiding(entity, field)


def test_reasons_that_withhold_an_ability_are_returned_R112(policy: Policy) -> None:
    """A managed account has no dashboard while it's disabled."""
    off = SettingReason(Reason.HIDDEN_BY_PARTNER, "dashboard", on=False)

    assert Hiding((), (off,)) == Reachability(policy, parse_shape("MANAGED")).withholding("have_dashboard")


@pytest.mark.parametrize(
    "updates", [port_updated, connection_request_updated, notification_received], ids=lambda each: each.entity
)
def test_viewers_can_subscribe_unless_they_can_never_read_the_type(updates: Updates) -> None:
    """A visitor can't subscribe. Every kind of company can subscribe to what it could ever read."""
    policy = server.load_policy()
    shapes = [parse_shape(kind) for kind in ("MANAGED", "DIRECT", "PARTNER", "OPERATOR+REVIEWER", "ANONYMOUS")]

    assert [True] * 4 + [False] == [can_ever_read(policy, shape, updates.entity) for shape in shapes]
