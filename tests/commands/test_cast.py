"""The five demo users and their companies: always there, and with something of everything to show."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

import pytest

from commands.demo.membership import DEMO_USERS
from commands.demo.world import Row, World
from models.connection_request import ConnectionRequestStatus
from models.managed_account import SETTINGS, SupportedBy, effective
from models.membership import MemberRole
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
def test_the_five_users_are_always_there(market: str, request: pytest.FixtureRequest) -> None:
    """At every scale each address belongs to one member of the right kind of company, with its role."""
    world: World = request.getfixturevalue(market)
    companies = {row["id"]: row["account_kind"] for row in world.rows["company"]}
    emails = {row["id"]: row["email"] for row in world.rows["app_user"]}
    found = {emails[row["user_id"]]: (companies[row["company_id"]], row["roles"]) for row in world.rows["membership"]}

    assert {
        "reviewer@operator.example": ("OPERATOR", ["REVIEWER"]),
        "admin@partner.example": ("PARTNER", ["ACCOUNT_ADMIN"]),
        "hidden@managed.example": ("MANAGED", ["ACCOUNT_ADMIN"]),
        "shown@managed.example": ("MANAGED", ["ACCOUNT_ADMIN"]),
        "network@direct.example": ("DIRECT", ["NETWORK_ADMIN"]),
    } == {email: found[email] for email in DEMO_USERS}


def test_one_partner_manages_both_managed_users_and_others_too(world: World) -> None:
    """The managed companies of the cast have the cast's partner, which manages several more."""
    partner = world.cast.partner["id"]

    assert [partner, partner] == [world.cast.hidden["partner_id"], world.cast.shown["partner_id"]]
    assert 8 <= sum(row["partner_id"] == partner for row in world.rows["company"])


def test_prices_are_hidden_from_one_and_shown_to_the_other_R121_R122(world: World) -> None:
    """The two managed accounts differ in prices, in who supports them, and in what else is switched on."""
    assert {
        "pricing": False,
        "chat_support": False,
        "dashboard": False,
        "company_profile": False,
        "order_approval": True,
    } == settings(world, world.cast.hidden)
    assert {
        "pricing": True,
        "chat_support": True,
        "dashboard": True,
        "company_profile": True,
        "order_approval": False,
    } == settings(world, world.cast.shown)
    assert (SupportedBy.PARTNER, SupportedBy.OPERATOR) == (
        account(world, world.cast.hidden)["supported_by"],
        account(world, world.cast.shown)["supported_by"],
    )


@pytest.mark.parametrize("part", ROLES)
def test_a_company_of_the_cast_has_members_of_all_roles_A43(world: World, part: str) -> None:
    """Every role that the company may give has a member."""
    company = getattr(world.cast, part)["id"]

    assert ROLES[part] == {role for row in of(world, "membership", company) for role in row["roles"]}


@pytest.mark.parametrize("part", ROLES)
def test_a_company_of_the_cast_has_something_of_everything(world: World, part: str) -> None:
    """It has 10-40 ports of every status, products of every visibility, and offers made of every status."""
    company = getattr(world.cast, part)["id"]
    ports = of(world, "port", company)

    assert 10 <= len(ports) <= 40
    assert set(PortStatus) == {row["status"] for row in ports}
    assert set(ProductVisibility) == {row["visibility"] for row in of(world, "product", company)}
    assert set(OfferStatus) == {row["status"] for row in of(world, "offer", company)}


@pytest.mark.parametrize("part", ["partner", "hidden", "shown", "direct"])
def test_a_company_of_the_cast_is_offered_offers_of_every_status(world: World, part: str) -> None:
    """It is a buyer of offers of every status, those included that buyers never see."""
    company = getattr(world.cast, part)["id"]
    received = {row["offer_id"] for row in of(world, "offer_buyer", company)}

    assert set(OfferStatus) == {row["status"] for row in world.rows["offer"] if row["id"] in received}


@pytest.mark.parametrize("part", ["operator", "partner", "hidden", "direct"])
def test_connection_requests_go_both_ways_V16(world: World, part: str) -> None:
    """A company of the cast with a public profile has asked and was asked, with every outcome."""
    company = getattr(world.cast, part)["id"]
    targets = {row["id"] for row in of(world, "port", company)}

    assert set(ConnectionRequestStatus) == {row["status"] for row in of(world, "connection_request", company)}
    assert set(ConnectionRequestStatus) == {
        row["status"] for row in world.rows["connection_request"] if row["target_port_id"] in targets
    }


def test_profiles_of_the_cast_A9(world: World) -> None:
    """All companies of the cast but one have a PUBLIC profile, also a managed one, whose partner keeps it."""
    shown = {row["company_id"]: row["visibility"] for row in world.rows["marketplace_profile"]}

    assert ["PUBLIC", "PUBLIC", "PUBLIC", None, "PUBLIC"] == [shown.get(company["id"]) for company in world.cast]


def test_the_same_offer_goes_to_both_managed_companies(world: World) -> None:
    """One published offer has exactly these two buyers; another one has the direct company alone."""
    buyers: dict[UUID, set[UUID]] = defaultdict(set)
    for row in world.rows["offer_buyer"]:
        buyers[row["offer_id"]].add(row["company_id"])
    published = [buyers[row["id"]] for row in world.rows["offer"] if row["status"] == OfferStatus.PUBLISHED]

    assert {world.cast.hidden["id"], world.cast.shown["id"]} in published
    assert {world.cast.direct["id"]} in published


def test_some_active_locations_are_out_of_reach_of_the_managed_companies_R120(world: World) -> None:
    """The partner has enabled some markets and disabled others; ACTIVE locations lie in both, and in markets of neither."""
    markets = {row["market"]: row["enabled"] for row in of(world, "billing_market", world.cast.partner["id"])}
    active = {row["market"] for row in world.rows["location"] if row["status"] == "ACTIVE"}

    assert {True, False, None} == {markets.get(market) for market in active}
    assert not of(world, "billing_market", world.cast.hidden["id"])


def settings(world: World, company: Row) -> dict[str, bool]:
    """The effective settings of a managed company."""
    defaults = next(row for row in world.rows["partner_defaults"] if row["partner_id"] == company["partner_id"])
    own = account(world, company)
    return {name: effective(name, own[name], defaults[name], own["supported_by"]).enabled for name in SETTINGS}


def account(world: World, company: Row) -> Any:
    """The managed account of a company."""
    return of(world, "managed_account", company["id"])[0]


def of(world: World, table: str, company: UUID) -> list[Row]:
    """The rows of a table that belong to a company."""
    return [row for row in world.rows[table] if row["company_id"] == company]
