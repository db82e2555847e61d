"""What a kind of viewer could ever see or do is what compiled policy gives it in some state of its switches."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

import server
from policies.policy import Policy
from policies.predicate import FALSE, conj, without_conditions
from policies.reachability import Hiding, Reachability, Switched, can_ever_read
from policies.reason import Reason
from policies.shapes import SWITCHES, spelt
from policies.viewer import PARAMETERS, Shape
from resolvers.subscription import Updates, connection_request_updated, notification_received, port_updated


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The policy of the gateway."""
    return server.load_policy()


def switched(shape: Shape) -> list[Shape]:
    """A shape in every state of its switches."""
    states: list[dict[str, Any]] = [dict(zip(SWITCHES, on, strict=True)) for on in product((False, True), repeat=len(SWITCHES))]
    return [replace(shape, **state) for state in states] if shape.kind == "MANAGED" else [shape]


@pytest.mark.parametrize("text", ["ANONYMOUS", "DIRECT+NETWORK_ADMIN", "MANAGED+FINANCE", "PARTNER", "OPERATOR+REVIEWER"])
def test_what_is_out_of_reach_is_never_seen(policy: Policy, text: str) -> None:
    """Whatever is switched on, no row shows a field that is out of reach; and what is within reach some state shows."""
    reach, states = Reachability(policy, spelt(text)), switched(spelt(text))
    lacking = PARAMETERS if text == "ANONYMOUS" else ()
    seen = {
        (entity.name, field): any(
            without_conditions(conj((decision.rows, decision.fields[field].visible)), lacking) != FALSE
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
def test_an_action_is_within_reach_or_never_R116(policy: Policy, text: str, entity: str, action: str, within: bool) -> None:
    """Whatever the row, and also where only a switch keeps the viewer from it."""
    assert within == Reachability(policy, spelt(text)).can_act(entity, action)


@pytest.mark.parametrize(
    ("entity", "readable"), [("Invoice", False), ("InvoiceLine", False), ("Dashboard", True), ("Offer", True)]
)
def test_a_part_is_read_with_its_whole_R114(policy: Policy, entity: str, readable: bool) -> None:
    """A managed account reads no line of an invoice, for it reads no invoice; a dashboard it reads while that is switched on."""
    assert readable == Reachability(policy, spelt("MANAGED+ACCOUNT_ADMIN")).reads(entity)


@pytest.mark.parametrize(
    ("text", "has"), [("MANAGED+FINANCE", False), ("DIRECT+FINANCE", True), ("DIRECT+NETWORK_ADMIN", False)]
)
def test_an_ability_is_within_reach_or_never_R113(policy: Policy, text: str, has: bool) -> None:
    """The quoting tool is never a managed account's."""
    assert has == Reachability(policy, spelt(text)).has_ability("quote")


def test_whoever_sees_a_field_everywhere_may_filter_by_it_R121(policy: Policy) -> None:
    """A managed account can come to see the price of every port of its own, but never every company's kind of account."""
    reach = Reachability(policy, spelt("MANAGED+FINANCE"))

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
            Hiding((), (Switched(Reason.HIDDEN_BY_PARTNER, "pricing", on=False),)),
        ),
        (
            "MANAGED+FINANCE",
            "Company",
            "company_profile",
            Hiding((Reason.NOT_YOURS,), (Switched(Reason.HIDDEN_BY_PARTNER, "company_profile", on=False),)),
        ),
    ],
)
def test_what_hides_a_field_is_told_R111_R121(policy: Policy, text: str, entity: str, field: str, hiding: Hiding) -> None:
    """The reasons of rows are told apart from those that only the state of a switch gives."""
    assert hiding == Reachability(policy, spelt(text)).hiding(entity, field)


def test_what_withholds_an_ability_is_told_R112(policy: Policy) -> None:
    """A managed account has no dashboard while that is switched off."""
    off = Switched(Reason.HIDDEN_BY_PARTNER, "dashboard", on=False)

    assert Hiding((), (off,)) == Reachability(policy, spelt("MANAGED")).withholding("have_dashboard")


@pytest.mark.parametrize(
    "updates", [port_updated, connection_request_updated, notification_received], ids=lambda each: each.entity
)
def test_only_who_can_never_read_a_type_cannot_follow_it(updates: Updates) -> None:
    """A visitor follows nothing; every kind of company follows what it may come to read."""
    policy = server.load_policy()
    shapes = [spelt(kind) for kind in ("MANAGED", "DIRECT", "PARTNER", "OPERATOR+REVIEWER", "ANONYMOUS")]

    assert [True] * 4 + [False] == [can_ever_read(policy, shape, updates.entity) for shape in shapes]
