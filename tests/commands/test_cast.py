"""The five demo users and their companies exist at every scale and have rows of every kind."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

import pytest

from choices import MemberRole
from commands.demo.membership import DEMO_USERS
from commands.demo.world import Row, World
from models.connection_request import ConnectionRequestStatus
from models.managed_account import SETTINGS, SupportedBy, effective
from models.offer import OfferStatus
from models.port import PortStatus
from models.product import ProductVisibility

MARKET_ROLES = {
    MemberRole.ACCOUNT_ADMIN,
    MemberRole.NETWORK_ADMIN,
    MemberRole.MARKETPLACE_EDITOR,
    MemberRole.FINANCE,
    MemberRole.VIEWER,
}
ROLES = {
    "operator": {MemberRole.ACCOUNT_ADMIN, MemberRole.REVIEWER, MemberRole.SUPPORT},
    "partner": MARKET_ROLES,
    "hidden": MARKET_ROLES,
    "shown": MARKET_ROLES,
    "direct": MARKET_ROLES,
}


@pytest.mark.parametrize("market", ["world", "large_world"])
def test_five_demo_users_exist_at_every_scale(market: str, request: pytest.FixtureRequest) -> None:
    """At every scale each email address belongs to one member of the right kind of company, with the right role."""
    world: World = request.getfixturevalue(market)
    companies = {row["id"]: row["account_kind"] for row in world.rows["company"]}
    emails = {row["id"]: row["email"] for row in world.rows["app_user"]}
    members = {emails[row["user_id"]]: (companies[row["company_id"]], row["roles"]) for row in world.rows["membership"]}

    assert {
        "reviewer@operator.example": ("OPERATOR", ["REVIEWER"]),
        "admin@partner.example": ("PARTNER", ["ACCOUNT_ADMIN"]),
        "hidden@managed.example": ("MANAGED", ["ACCOUNT_ADMIN"]),
        "shown@managed.example": ("MANAGED", ["ACCOUNT_ADMIN"]),
        "network@direct.example": ("DIRECT", ["NETWORK_ADMIN"]),
    } == {email: members[email] for email in DEMO_USERS}


def test_one_partner_manages_both_managed_companies_and_others(world: World) -> None:
    """The two managed demo companies share a partner, which manages several more."""
    partner = world.cast.partner["id"]

    assert [partner, partner] == [world.cast.hidden["partner_id"], world.cast.shown["partner_id"]]
    assert 8 <= sum(row["partner_id"] == partner for row in world.rows["company"])


def test_prices_are_hidden_from_one_account_and_shown_to_the_other_R121_R122(world: World) -> None:
    """The two managed accounts differ in prices, in who supports them, and in every other setting."""
    assert {
        "pricing": False,
        "chat_support": False,
        "dashboard": False,
        "company_profile": False,
        "order_approval": True,
    } == effective_settings(world, world.cast.hidden)
    assert {
        "pricing": True,
        "chat_support": True,
        "dashboard": True,
        "company_profile": True,
        "order_approval": False,
    } == effective_settings(world, world.cast.shown)
    assert (SupportedBy.PARTNER, SupportedBy.OPERATOR) == (
        account(world, world.cast.hidden)["supported_by"],
        account(world, world.cast.shown)["supported_by"],
    )


@pytest.mark.parametrize("part", ROLES)
def test_demo_company_has_members_of_all_roles_A43(world: World, part: str) -> None:
    """Every role that the company can assign has a member."""
    company = getattr(world.cast, part)["id"]

    assert ROLES[part] == {role for row in rows_of(world, "membership", company) for role in row["roles"]}


@pytest.mark.parametrize("part", ROLES)
def test_demo_company_has_rows_of_every_status(world: World, part: str) -> None:
    """It has 10-40 ports of every status, products of every visibility, and its own offers of every status."""
    company = getattr(world.cast, part)["id"]
    ports = rows_of(world, "port", company)

    assert 10 <= len(ports) <= 40
    assert set(PortStatus) == {row["status"] for row in ports}
    assert set(ProductVisibility) == {row["visibility"] for row in rows_of(world, "product", company)}
    assert set(OfferStatus) == {row["status"] for row in rows_of(world, "offer", company)}


@pytest.mark.parametrize("part", ["partner", "hidden", "shown", "direct"])
def test_demo_company_receives_offers_of_every_status(world: World, part: str) -> None:
    """It is a buyer of offers of every status, including those that buyers never see."""
    company = getattr(world.cast, part)["id"]
    received = {row["offer_id"] for row in rows_of(world, "offer_buyer", company)}

    assert set(OfferStatus) == {row["status"] for row in world.rows["offer"] if row["id"] in received}


@pytest.mark.parametrize("part", ["operator", "partner", "hidden", "direct"])
def test_connection_requests_go_both_ways_V16(world: World, part: str) -> None:
    """A demo company with a public profile has sent and received connection requests with every outcome."""
    company = getattr(world.cast, part)["id"]
    targets = {row["id"] for row in rows_of(world, "port", company)}

    assert set(ConnectionRequestStatus) == {row["status"] for row in rows_of(world, "connection_request", company)}
    assert set(ConnectionRequestStatus) == {
        row["status"] for row in world.rows["connection_request"] if row["target_port_id"] in targets
    }


def test_all_demo_companies_but_one_have_a_public_profile_A9(world: World) -> None:
    """All demo companies but one have a PUBLIC profile, even a managed one, whose partner maintains it."""
    visibilities = {row["company_id"]: row["visibility"] for row in world.rows["marketplace_profile"]}

    assert ["PUBLIC", "PUBLIC", "PUBLIC", None, "PUBLIC"] == [visibilities.get(company["id"]) for company in world.cast]


def test_both_managed_companies_receive_the_same_offer(world: World) -> None:
    """One published offer has exactly these two buyers. Another has only the direct company."""
    buyers: dict[UUID, set[UUID]] = defaultdict(set)
    for row in world.rows["offer_buyer"]:
        buyers[row["offer_id"]].add(row["company_id"])
    published = [buyers[row["id"]] for row in world.rows["offer"] if row["status"] == OfferStatus.PUBLISHED]

    assert {world.cast.hidden["id"], world.cast.shown["id"]} in published
    assert {world.cast.direct["id"]} in published


def test_some_active_locations_are_not_orderable_by_managed_companies_R120(world: World) -> None:
    """The partner has enabled some markets and disabled others. ACTIVE locations are in both, and in markets with neither."""
    markets = {row["market"]: row["enabled"] for row in rows_of(world, "billing_market", world.cast.partner["id"])}
    active = {row["market"] for row in world.rows["location"] if row["status"] == "ACTIVE"}

    assert {True, False, None} == {markets.get(market) for market in active}
    assert not rows_of(world, "billing_market", world.cast.hidden["id"])


def effective_settings(world: World, company: Row) -> dict[str, bool]:
    """The effective settings of a managed company."""
    defaults = next(row for row in world.rows["partner_defaults"] if row["partner_id"] == company["partner_id"])
    own = account(world, company)
    return {name: effective(name, own[name], defaults[name], own["supported_by"]).enabled for name in SETTINGS}


def account(world: World, company: Row) -> Any:
    """The managed account of a company."""
    return rows_of(world, "managed_account", company["id"])[0]


def rows_of(world: World, table: str, company: UUID) -> list[Row]:
    """The rows of a table that belong to a company."""
    return [row for row in world.rows[table] if row["company_id"] == company]
