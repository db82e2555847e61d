"""The demo data has its documented size, is the same for the same seed, and follows the rules."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections import Counter, defaultdict
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from choices import CompanyType, MemberRole
from commands.demo.market import make
from commands.demo.marketplace_profile import SERVICES
from commands.demo.metro import currencies
from commands.demo.world import World
from models.agreement import AgreementStatus
from models.change_request import ChangeRequestKind, ChangeRequestStatus
from models.company import VerificationStatus
from models.connection_request import ConnectionRequestStatus
from models.location import LocationStatus
from models.managed_account import SETTINGS, SupportedBy
from models.offer import OfferStatus, PaymentModel
from models.order_approval import OrderApprovalStatus
from models.port import TERMS_MONTHS, PortStatus
from models.price import RATE_LIMITS_MBPS
from models.product import ProductKind, ProductVisibility
from models.product_revision import RevisionStatus
from tests.conftest import SEED

ROOT = Path(__file__).parents[2]
DIGEST = """
from hashlib import sha256
from commands.demo.market import make
rows = make("small", 1, lambda *_: None).rows
print(sha256(repr(sorted(rows.items(), key=lambda item: item[0])).encode()).hexdigest())
"""
COUNTED_TABLES = ("location", "company", "managed_account", "port", "product", "offer")
ENUM_COLUMNS: list[tuple[str, str, type[StrEnum]]] = [
    ("agreement", "status", AgreementStatus),
    ("change_request", "kind", ChangeRequestKind),
    ("change_request", "status", ChangeRequestStatus),
    ("company", "company_type", CompanyType),
    ("company", "verification_status", VerificationStatus),
    ("connection_request", "status", ConnectionRequestStatus),
    ("location", "status", LocationStatus),
    ("managed_account", "supported_by", SupportedBy),
    ("offer", "payment_model", PaymentModel),
    ("offer", "status", OfferStatus),
    ("order_approval", "status", OrderApprovalStatus),
    ("port", "status", PortStatus),
    ("product", "kind", ProductKind),
    ("product", "visibility", ProductVisibility),
    ("product_revision", "status", RevisionStatus),
]
APPROVAL_THRESHOLD = 250_000


def ignore_progress(*_: Any) -> None:
    """Ignore progress reports."""


def test_small_demo_data_has_its_size(world: World) -> None:
    """Small is 150 locations, 200 companies, 60 managed accounts, 1,500 ports, 250 products and 800 offers."""
    assert [150, 200, 60, 1_500, 250, 800] == [len(world.rows[table]) for table in COUNTED_TABLES]
    assert {"OPERATOR": 1, "PARTNER": 12, "MANAGED": 60, "DIRECT": 127} == Counter(
        row["account_kind"] for row in world.rows["company"]
    )


def test_large_demo_data_has_its_size(large_world: World) -> None:
    """Large is 300 locations, 2,000 companies, 760 managed accounts, 20,000 ports, 3,000 products and 9,000 offers."""
    assert [300, 2_000, 760, 20_000, 3_000, 9_000] == [len(large_world.rows[table]) for table in COUNTED_TABLES]


def test_same_seed_makes_the_same_rows(world: World) -> None:
    """Two processes with different hash seeds build the same rows with the same keys."""
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST], cwd=ROOT, env={"PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2")
    }

    assert 1 == len(digests)
    assert world.rows == make("small", SEED, ignore_progress).rows


def test_another_seed_makes_other_rows(world: World) -> None:
    """No company has the same key under another seed."""
    other = make("small", SEED + 1, ignore_progress)

    assert not {row["id"] for row in world.rows["company"]} & {row["id"] for row in other.rows["company"]}


def test_keys_are_ordered_by_creation(world: World) -> None:
    """In every table, the keys are UUIDv7 in the order of the rows and of their creation times."""
    for table, rows in world.rows.items():
        keys = [row["id"] for row in rows if "id" in row]
        times = [row["created_at"] for row in rows if "created_at" in row]

        assert sorted(set(keys)) == keys, table
        assert sorted(times) == times, table
        assert {7} >= {key.version for key in keys}, table


@pytest.mark.parametrize(("table", "column", "values"), ENUM_COLUMNS)
def test_every_enum_value_occurs(world: World, table: str, column: str, values: type[StrEnum]) -> None:
    """The small demo data has every value of every enum column."""
    assert set(values) == {row[column] for row in world.rows[table]}


def test_92_percent_of_locations_are_active(world: World) -> None:
    """138 of the 150 locations are ACTIVE, and their speeds have the documented proportions."""
    locations = world.rows["location"]
    speeds = Counter(tuple(row["speeds_mbps"]) for row in locations)

    assert 138 == sum(row["status"] == LocationStatus.ACTIVE for row in locations)
    assert {
        (1_000, 10_000, 100_000): 80,
        (1_000, 10_000): 40,
        (10_000, 100_000): 21,
        (1_000, 10_000, 100_000, 400_000): 9,
    } == speeds


def test_ports_match_what_their_location_offers_V12(world: World) -> None:
    """A port has a speed its location offers and its market's currency, and its payer has billing enabled in the market."""
    locations = by_key(world, "location")
    payers = {row["id"]: row["partner_id"] or row["id"] for row in world.rows["company"]}
    markets = defaultdict(set)
    for row in world.rows["billing_market"]:
        if row["enabled"] or row["company_id"] == world.cast.partner["id"]:
            markets[row["company_id"]].add(row["market"])

    for port in world.rows["port"]:
        location = locations[port["location_id"]]
        assert port["speed_mbps"] in location["speeds_mbps"]
        assert port["term_months"] in TERMS_MONTHS
        assert currencies()[location["market"]] == port["currency"]
        assert location["market"] in markets[payers[port["company_id"]]]


def test_ports_have_an_activation_time_once_in_service_A44(world: World) -> None:
    """A port has an activation time if it is or was ACTIVE, and only then."""
    activated = {row["status"] for row in world.rows["port"] if row["activated_at"]}
    waiting = {row["status"] for row in world.rows["port"] if not row["activated_at"]}

    assert {PortStatus.ACTIVE, PortStatus.DISABLED, PortStatus.DECOMMISSIONED} == activated
    assert {PortStatus.REQUESTED, PortStatus.ALLOCATED, PortStatus.CANCELLED} == waiting


def test_ports_of_managed_accounts_are_private_V1(world: World) -> None:
    """Only two ports of managed accounts are PUBLIC, because their partner made them so."""
    managed = {row["id"] for row in world.companies("MANAGED", verified=False)}
    public = [row["company_id"] for row in world.rows["port"] if row["visibility"] == "PUBLIC" and row["company_id"] in managed]

    assert {world.cast.hidden["id"]: 1, world.cast.shown["id"]: 1} == Counter(public)


def test_connection_requests_target_ports_on_the_marketplace_V16(world: World) -> None:
    """Both ends are ACTIVE ports of different companies, and the target is public with a public profile."""
    ports = by_key(world, "port")
    shown = {row["company_id"] for row in world.rows["marketplace_profile"] if row["visibility"] == "PUBLIC"}

    for request in world.rows["connection_request"]:
        port, target = ports[request["port_id"]], ports[request["target_port_id"]]
        assert (PortStatus.ACTIVE, PortStatus.ACTIVE, "PUBLIC") == (port["status"], target["status"], target["visibility"])
        assert target["company_id"] in shown
        assert port["company_id"] == request["company_id"] != target["company_id"]
        assert request["rate_limit_mbps"] <= min(port["speed_mbps"], target["speed_mbps"])
        assert (request["status"] == ConnectionRequestStatus.PENDING) == (request["decided_at"] is None)


def test_orders_needing_approval_belong_to_managed_accounts_V13(world: World) -> None:
    """The account orders and its partner decides. Only an approved order has a port, and the port matches the order."""
    companies, ports, members = by_key(world, "company"), by_key(world, "port"), defaultdict(set)
    for row in world.rows["membership"]:
        members[row["user_id"]].add(row["company_id"])

    for order in world.rows["order_approval"]:
        status, company = order["status"], companies[order["company_id"]]
        assert order["company_id"] in members[order["requested_by"]]
        assert (status in (OrderApprovalStatus.APPROVED, OrderApprovalStatus.REJECTED)) == (
            company["partner_id"] in members[order["decided_by"]]
        )
        assert (status == OrderApprovalStatus.APPROVED) == (order["port_id"] is not None)
        assert (status == OrderApprovalStatus.PENDING) == (order["decided_at"] is None)
        if status == OrderApprovalStatus.APPROVED:
            port = ports[order["port_id"]]
            same = ("company_id", "location_id", "name", "speed_mbps", "term_months", "monthly_rate", "setup_fee", "currency")
            assert [order[name] for name in same] == [port[name] for name in same]


def test_offers_have_1_to_25_buyers_other_than_the_seller_R227(world: World) -> None:
    """Every offer goes to 1-25 companies other than its seller."""
    offers, buyers = by_key(world, "offer"), Counter(row["offer_id"] for row in world.rows["offer_buyer"])

    assert set(offers) == set(buyers)
    assert (1, 25) == (min(buyers.values()), max(buyers.values()))
    assert not [row for row in world.rows["offer_buyer"] if offers[row["offer_id"]]["company_id"] == row["company_id"]]


def test_totals_are_sums_of_dimensions_A23(world: World) -> None:
    """An offer's total is the sum of its dimensions. A scheduled offer has one dimension, which its instalments pay. R236 A28"""
    dimensions, instalments = by_offer(world, "offer_dimension"), by_offer(world, "instalment")
    for offer in world.rows["offer"]:
        scheduled = offer["payment_model"] == PaymentModel.SCHEDULE
        payments = instalments[offer["id"]]
        dates = [row["charge_date"] for row in payments]
        assert offer["total_value"] == sum(row["price"] for row in dimensions[offer["id"]])
        assert scheduled == bool(payments)
        if scheduled:
            assert 1 == len(dimensions[offer["id"]])
            assert offer["total_value"] == sum(row["amount"] for row in payments)
            assert sorted(set(dates)) == dates
            assert dates[-1] <= offer["contract_end_date"]


def test_offers_awaiting_approval_are_above_the_threshold_R223(world: World) -> None:
    """Offers pending approval or rejected are above 250,000. Some published ones are too, and were approved."""
    above = defaultdict(set)
    for offer in world.rows["offer"]:
        major = offer["total_value"] / (1 if offer["currency"] == "JPY" else 100)
        above[offer["status"]].add(major > APPROVAL_THRESHOLD)

    assert {True} == above[OfferStatus.PENDING_APPROVAL] == above[OfferStatus.REJECTED]
    assert {True, False} == above[OfferStatus.PUBLISHED]


def test_open_offers_are_for_available_products_A24(world: World) -> None:
    """Offers that aren't decided yet are for LIMITED and PUBLIC products only."""
    products = by_key(world, "product")
    open_states = {OfferStatus.DRAFT, OfferStatus.PENDING_APPROVAL, OfferStatus.PUBLISHED}

    assert {"LIMITED", "PUBLIC"} == {
        products[row["product_id"]]["visibility"] for row in world.rows["offer"] if row["status"] in open_states
    }


def test_only_accepted_offers_have_agreements_V4(world: World) -> None:
    """An accepted offer has an agreement with one of its buyers, for some of its dimensions. No other offer has one."""
    buyers = {(row["offer_id"], row["company_id"]) for row in world.rows["offer_buyer"]}
    prices = {row["id"]: (row["offer_id"], row["price"]) for row in world.rows["offer_dimension"]}
    agreements = world.rows["agreement"]

    assert {row["id"] for row in world.rows["offer"] if row["status"] == OfferStatus.ACCEPTED} == {
        row["offer_id"] for row in agreements
    }
    assert buyers >= {(row["offer_id"], row["company_id"]) for row in agreements}
    for row in agreements:
        chosen = [prices[key] for key in row["dimension_ids"]]
        assert {row["offer_id"]} == {offer for offer, _ in chosen}
        assert row["total_value"] == sum(price for _, price in chosen)


def test_partners_pay_for_the_accounts_they_manage_R114_R115(world: World) -> None:
    """Only partners and direct companies have invoices. Each line is for a port of the payer or of an account it manages."""
    companies, ports, lines = by_key(world, "company"), by_key(world, "port"), defaultdict(list)
    for line in world.rows["invoice_line"]:
        lines[line["invoice_id"]].append(line)

    assert {"PARTNER", "DIRECT"} == {companies[row["company_id"]]["account_kind"] for row in world.rows["invoice"]}
    for invoice in world.rows["invoice"]:
        assert invoice["total"] == sum(line["amount"] for line in lines[invoice["id"]])
        for line in lines[invoice["id"]]:
            owner, account = ports[line["port_id"]]["company_id"], line["account_company_id"]
            assert owner == (account or invoice["company_id"])
            assert account is None or companies[account]["partner_id"] == invoice["company_id"]


def test_operator_supported_accounts_have_phone_and_email_V15(world: World) -> None:
    """Operator support details have an email address and a phone. Partners' may omit the phone."""
    phones = defaultdict(set)
    for row in world.rows["support_details"]:
        phones[row["supported_by"]].add(row["phone"] is not None)

    assert {SupportedBy.OPERATOR: {True}, SupportedBy.PARTNER: {True, False}} == phones


@pytest.mark.parametrize("setting", SETTINGS)
def test_overrides_and_defaults_occur_in_all_combinations_V2(world: World, setting: str) -> None:
    """Each setting occurs with every pair of partner default and account override."""
    defaults = {row["partner_id"]: row[setting] for row in world.rows["partner_defaults"]}
    pairs = {(defaults[row["partner_id"]], row[setting]) for row in world.rows["managed_account"]}

    assert {(default, override) for default in (None, True, False) for override in (None, True, False)} == pairs


def test_profiles_follow_their_rules_R016_R023_A3_A5(world: World) -> None:
    """Bios have at most 200 words, services fit the provider types, slugs are unique, and PUBLIC profiles have a type."""
    profiles = world.rows["marketplace_profile"]
    slugs = [row["slug"] for row in profiles] + [row["slug"] for row in world.rows["profile_slug"]]

    assert len(slugs) == len(set(slugs))
    assert {"PUBLIC", "PRIVATE"} == {row["visibility"] for row in profiles}
    for profile in profiles:
        assert len((profile["bio"] or "").split()) <= 200
        assert {service for code in profile["provider_types"] for service in SERVICES[code]} >= set(profile["service_types"])
        assert profile["provider_types"] or profile["visibility"] == "PRIVATE"


def test_some_private_profiles_have_public_ports_R013(world: World) -> None:
    """Some ports are hidden from the Marketplace only by the visibility of their profile."""
    private = {row["company_id"] for row in world.rows["marketplace_profile"] if row["visibility"] == "PRIVATE"}

    assert private & {row["company_id"] for row in world.rows["port"] if row["visibility"] == "PUBLIC"}


def test_logos_are_valid_pictures_R008(world: World) -> None:
    """Each logo is a PNG with as many pixels as its size says."""
    for image in world.rows["image"]:
        content = image["content"]
        start = content.index(b"IDAT") + 4
        lines = zlib.decompress(content[start : start + int.from_bytes(content[start - 8 : start - 4])])

        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        assert image["height"] * (3 * image["width"] + 1) == len(lines)


def test_every_company_has_an_administrator_V10(world: World) -> None:
    """Every company has an account administrator, and every role has a member somewhere."""
    roles = defaultdict(set)
    for row in world.rows["membership"]:
        roles[row["company_id"]].update(row["roles"])

    assert {row["id"] for row in world.rows["company"]} == {
        company for company, member_roles in roles.items() if MemberRole.ACCOUNT_ADMIN in member_roles
    }
    assert set(MemberRole) == set().union(*roles.values())


def test_addresses_and_phone_numbers_are_fictional(world: World) -> None:
    """Email addresses use example domains, and phone numbers come from ranges reserved for fiction."""
    phones = {row["phone"] for table in ("support_details", "marketplace_profile") for row in world.rows[table]} - {None}

    assert all(row["email"].endswith(".example") for row in world.rows["app_user"] if row["email"] is not None)
    assert all(phone.startswith(("+44 20 7946 0", "+61 2 5550 ", "+1 202 555 01")) for phone in phones)


def by_key(world: World, table: str) -> dict[UUID, dict[str, Any]]:
    """The rows of a table by key."""
    return {row["id"]: row for row in world.rows[table]}


def by_offer(world: World, table: str) -> dict[UUID, list[dict[str, Any]]]:
    """The rows of a table by offer."""
    rows = defaultdict(list)
    for row in world.rows[table]:
        rows[row["offer_id"]].append(row)
    return rows


def test_ports_cost_what_the_price_list_says(world: World) -> None:
    """Every speed and rate limit has a price for every term, and each port was ordered at its price."""
    prices = {(row["location_id"], row["speed_mbps"], row["term_months"]): row for row in _priced(world, "PORT")}
    speeds = sum(len(row["speeds_mbps"]) for row in world.rows["location"])
    mispriced = [
        port["name"]
        for port in world.rows["port"]
        for price in (prices[port["location_id"], port["speed_mbps"], port["term_months"]],)
        if (port["monthly_rate"], port["currency"]) != (price["monthly_rate"], price["currency"])
        or port["setup_fee"] not in {0, price["setup_fee"]}
    ]

    assert [] == mispriced
    assert speeds * len(TERMS_MONTHS) == len(prices)
    assert len(world.rows["location"]) * len(RATE_LIMITS_MBPS) * len(TERMS_MONTHS) == len(_priced(world, "CONNECTION"))


def _priced(world: World, kind: str) -> list[dict[str, Any]]:
    return [row for row in world.rows["price"] if row["kind"] == kind]
