"""Ports are ordered by network roles, for a verified company, in a market where it is billed, at the list price."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import BillingMarket
from tests.client import Client
from tests.factory import Account, Company, Factory, Location
from tests.rules.mutations import recorded_changes, send, stored_rows, user_error

NEW = """port { name speedMbps termMonths status visibility costCentre diversityZone location { id } company { id }
    monthlyRate { amount currency } setupFee { amount currency } } orderApproval { id }"""
FOUND = "port { id } orderApproval { id }"
PRICED = {"monthlyRate": {"amount": "300.00", "currency": "EUR"}, "setupFee": {"amount": "50.00", "currency": "EUR"}}
UNPRICED = {"monthlyRate": None, "setupFee": None}
ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]


def order(location: Location, **values: Any) -> dict[str, Any]:
    """Return the input of an order that is valid where a test prepares it."""
    return {"locationId": location.id, "name": "Core", "speedMbps": 1000, "termMonths": 12, **values}


def nothing(*problems: dict[str, Any]) -> dict[str, Any]:
    """Return the payload of an order that isn't carried out."""
    return {"port": None, "orderApproval": None, "userErrors": list(problems)}


async def verified(factory: Factory, kind: str = "DIRECT") -> Company:
    """A company that may order."""
    return await factory.company(kind=kind, verification_status="VERIFIED")


async def managed(factory: Factory, partner: Company, **settings: Any) -> Account:
    """A managed account that may order."""
    return await factory.managed_account(partner, company={"verification_status": "VERIFIED"}, **settings)


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
async def test_company_orders_a_port_R030_R431_A11_A44(client: Client, factory: Factory, kind: str) -> None:
    """The port is REQUESTED, PRIVATE unless the input says otherwise, and has the list price."""
    company = await verified(factory, kind)
    location = await factory.orderable(company)

    plain = await send(client, company.admin, "orderPort", NEW, **order(location))
    more = {"costCentre": " CC-7 ", "diversityZone": "RED", "visibility": "PUBLIC", "companyId": company.id}
    rich = await send(client, company.admin, "orderPort", NEW, **order(location, name=" Édge ", **more))

    common = {"speedMbps": 1000, "termMonths": 12, "status": "REQUESTED", "location": {"id": location.id}}
    common |= {"company": {"id": company.id}, **PRICED}
    first = {"name": "Core", "visibility": "PRIVATE", "costCentre": None, "diversityZone": None, **common}
    second = {"name": "Édge", "visibility": "PUBLIC", "costCentre": "CC-7", "diversityZone": "RED", **common}
    assert {"port": first, "orderApproval": None, "userErrors": []} == plain
    assert {"port": second, "orderApproval": None, "userErrors": []} == rich


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED", "OPERATOR"])
async def test_only_some_roles_order_ports_A43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str, role: str
) -> None:
    """Account and network administrators order for their company. Nobody else does, and nobody of the operator."""
    partner = await verified(factory, "PARTNER")
    company = (await managed(factory, partner)).company if kind == "MANAGED" else await verified(factory, kind)
    location = await factory.orderable(partner if kind == "MANAGED" else company)
    user, before = await factory.user(company, role), await stored_rows(rules_engine)

    answer = await send(client, user.email, "orderPort", FOUND, **order(location))

    may = role in ("ACCOUNT_ADMIN", "NETWORK_ADMIN") and kind != "OPERATOR"
    assert ([] if may else [user_error("FORBIDDEN")]) == answer["userErrors"]
    assert may == (before != await stored_rows(rules_engine))


async def test_partner_orders_for_its_accounts_and_sees_prices_V14_A17(client: Client, factory: Factory) -> None:
    """A partner that acts for an account keeps its own rights: it sees the price, and needs nobody's approval."""
    partner = await verified(factory, "PARTNER")
    account = await managed(factory, partner, order_approval=True)
    location = await factory.orderable(partner)

    answer = await send(client, partner.admin, "orderPort", NEW, **order(location, companyId=account.company.id))

    assert [] == answer["userErrors"]
    assert {"company": {"id": account.company.id}, **PRICED} == {name: answer["port"][name] for name in ("company", *PRICED)}


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_hidden_company_does_not_exist_for_an_order_V14_A21(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str
) -> None:
    """A company that the viewer can't see is not found."""
    company, email = await verified(factory), await factory.admin_of_kind(kind)
    location = await factory.orderable(company)
    before = await stored_rows(rules_engine)

    answer = await send(client, email, "orderPort", FOUND, **order(location, companyId=company.id))

    assert nothing(user_error("NOT_FOUND", "companyId")) == answer
    assert before == await stored_rows(rules_engine)


async def test_account_orders_neither_for_its_partner_nor_for_a_sibling_V14(client: Client, factory: Factory) -> None:
    """The partner is visible but forbidden. Another account is not found."""
    partner = await verified(factory, "PARTNER")
    account, other = await managed(factory, partner), await managed(factory, partner)
    location = await factory.orderable(partner)

    of_partner = await send(client, account.admin, "orderPort", FOUND, **order(location, companyId=partner.id))
    of_other = await send(client, account.admin, "orderPort", FOUND, **order(location, companyId=other.company.id))

    assert nothing(user_error("FORBIDDEN", "companyId")) == of_partner
    assert nothing(user_error("NOT_FOUND", "companyId")) == of_other


@pytest.mark.parametrize("shown", [False, True])
async def test_prices_are_hidden_in_the_payload_of_an_accounts_order_R121_R122_A16(
    client: Client, factory: Factory, shown: bool
) -> None:
    """The payload has the price for the account only if its partner shows prices."""
    partner = await verified(factory, "PARTNER")
    account = await managed(factory, partner, pricing=shown)
    location = await factory.orderable(partner)

    answer = await send(client, account.admin, "orderPort", NEW, **order(location))

    assert [] == answer["userErrors"]
    assert (PRICED if shown else UNPRICED) == {name: answer["port"][name] for name in PRICED}


@pytest.mark.parametrize("status", ["UNVERIFIED", "PENDING", "REJECTED"])
async def test_company_orders_once_it_is_verified_R404_A40(
    client: Client, factory: Factory, rules_engine: AsyncEngine, status: str
) -> None:
    """An unverified company can't order."""
    company = await factory.company(verification_status=status)
    location = await factory.orderable(company)
    before = await stored_rows(rules_engine)

    own = await send(client, company.admin, "orderPort", FOUND, **order(location))
    named = await send(client, company.admin, "orderPort", FOUND, **order(location, companyId=company.id))

    assert nothing(user_error("COMPANY_NOT_VERIFIED")) == own
    assert nothing(user_error("COMPANY_NOT_VERIFIED", "companyId")) == named
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("status", ["NEW", "DEPLOYMENT", "RESTRICTED", "EXTENDED", "EXPIRED"])
async def test_ports_are_ordered_in_active_locations_only_R429(client: Client, factory: Factory, status: str) -> None:
    """A location that isn't ACTIVE is refused, though everybody reads it."""
    company = await verified(factory)
    location = await factory.orderable(company, await factory.location(status=status))

    assert nothing(user_error("LOCATION_NOT_ORDERABLE", "locationId")) == await send(
        client, company.admin, "orderPort", FOUND, **order(location)
    )


@pytest.mark.parametrize("enabled", [None, False])
@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED", "acting for it"])
async def test_payers_market_must_be_enabled_V12_A19_A20_R120(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str, enabled: bool | None
) -> None:
    """The error names the market. The managed account's own market doesn't count, nor does another company's."""
    partner = await verified(factory, "PARTNER")
    account = await managed(factory, partner)
    own = await verified(factory, kind if kind in ("DIRECT", "PARTNER") else "DIRECT")
    location = await factory.location(market="NL")
    await factory.price(location)
    await factory.billing_market(account.company, "NL")
    if enabled is not None:
        for payer in (partner, own):
            await factory.billing_market(payer, "NL", enabled=enabled)
    caller = {"MANAGED": account.admin, "acting for it": partner.admin}.get(kind, own.admin)
    company = {"companyId": account.company.id} if kind == "acting for it" else {}
    before = await stored_rows(rules_engine)

    query = "mutation ($input: OrderPortInput!) { orderPort(input: $input) { port { id } userErrors { code field message } } }"
    answer = (await client(caller, query, input=order(location, **company))).data["orderPort"]

    (problem,) = answer["userErrors"]
    assert ("MARKET_NOT_ENABLED", ["locationId"]) == (problem["code"], problem["field"])
    assert " NL." in problem["message"]
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"speedMbps": 100000}, "speedMbps", id="a speed that is not offered there"),
        pytest.param({"speedMbps": 1}, "speedMbps", id="no speed"),
        pytest.param({"termMonths": 24}, "termMonths", id="a term without a price"),
        pytest.param({"speedMbps": 10000}, "termMonths", id="a speed without a price"),
        pytest.param({"termMonths": 13}, "termMonths", id="no term"),
    ],
)
async def test_unlisted_combination_is_not_offered_V7(client: Client, factory: Factory, values: Any, field: str) -> None:
    """The location has to offer the speed, and the combination has to have a price."""
    company = await verified(factory)
    location = await factory.orderable(company)
    await factory.price(location, kind="CONNECTION", speed_mbps=10000)

    answer = await send(client, company.admin, "orderPort", FOUND, **order(location, **values))

    assert nothing(user_error("INVALID_VALUE", field)) == answer


@pytest.mark.parametrize(
    ("name", "code"), [("", "REQUIRED"), (" \t", "REQUIRED"), ("x" * 65, "TOO_LONG"), ("a\0", "INVALID_TEXT")]
)
async def test_name_has_1_to_64_characters_V7(client: Client, factory: Factory, name: str, code: str) -> None:
    """A blank name, a longer one and one that can't be stored are refused. 64 characters are allowed."""
    company = await verified(factory)
    location = await factory.orderable(company)

    wrong = await send(client, company.admin, "orderPort", FOUND, **order(location, name=name))
    right = await send(client, company.admin, "orderPort", FOUND, **order(location, name="x" * 64))

    assert nothing(user_error(code, "name")) == wrong
    assert [] == right["userErrors"]


async def test_managed_user_orders_private_ports_and_its_partner_public_ones_V1(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Whatever its settings, an account can only order a PRIVATE port itself."""
    partner = await verified(factory, "PARTNER")
    account = await managed(factory, partner, pricing=True, dashboard=True, company_profile=True, chat_support=True)
    location = await factory.orderable(partner)
    before = await stored_rows(rules_engine)
    public = order(location, visibility="PUBLIC")

    own = await send(client, account.admin, "orderPort", FOUND, **public)
    unchanged = before == await stored_rows(rules_engine)
    acting = await send(client, partner.admin, "orderPort", "port { visibility }", **public, companyId=account.company.id)

    assert nothing(user_error("FORBIDDEN", "visibility")) == own
    assert unchanged
    assert {"port": {"visibility": "PUBLIC"}, "userErrors": []} == acting


async def test_all_errors_of_an_order_are_reported_at_once_R404_R429_V1_V7_V12(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Each error has its path, and nothing is stored. What depends on the company isn't checked before it's verified."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    new = await factory.managed_account(partner, company={"verification_status": "PENDING"})
    location = await factory.location(status="NEW")
    before = await stored_rows(rules_engine)

    wrong = {"name": "", "speedMbps": 7, "termMonths": 7, "costCentre": "c" * 65, "visibility": "PUBLIC"}
    answer = await send(client, account.admin, "orderPort", FOUND, **order(location, **wrong))
    unverified = await send(client, new.admin, "orderPort", FOUND, **order(location, **wrong))
    nowhere = await send(client, account.admin, "orderPort", FOUND, **{**order(location, name=""), "locationId": account.id})

    values = [user_error("REQUIRED", "name"), user_error("INVALID_VALUE", "termMonths"), user_error("TOO_LONG", "costCentre")]
    place, speed = user_error("LOCATION_NOT_ORDERABLE", "locationId"), user_error("INVALID_VALUE", "speedMbps")
    market, forbidden = user_error("MARKET_NOT_ENABLED", "locationId"), user_error("FORBIDDEN", "visibility")
    assert nothing(*values, place, market, speed, forbidden) == answer
    assert nothing(user_error("COMPANY_NOT_VERIFIED"), *values, place, speed) == unverified
    assert nothing(user_error("INVALID_ID", "locationId"), user_error("REQUIRED", "name")) == nowhere
    assert before == await stored_rows(rules_engine)


async def test_unknown_location_is_not_found_A21(client: Client, factory: Factory) -> None:
    """No location has the id."""
    company = await verified(factory)
    gone = await factory.location()
    await factory.delete(gone)

    answer = await send(client, company.admin, "orderPort", FOUND, **order(gone))

    assert nothing(user_error("NOT_FOUND", "locationId")) == answer


async def test_order_is_audited_and_idempotent_R431(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The audit log says who ordered what. The same Idempotency-Key doesn't order a second port."""
    company = await verified(factory)
    location = await factory.orderable(company)

    answers = await asyncio.gather(
        *(send(client, company.admin, "orderPort", FOUND, **order(location), key="k1") for _ in range(6))
    )

    assert [answers[0]] * 6 == answers
    assert [("orderPort", "port")] == [entry[:2] for entry in await recorded_changes(rules_engine)]


async def test_order_waits_for_a_change_of_its_market_V12(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """While the market is being disabled an order waits for the result, and is then refused."""
    company = await verified(factory)
    location = await factory.orderable(company)
    slow = rules_engine.execution_options(isolation_level="READ COMMITTED")
    async with slow.connect() as connection, connection.begin():
        await connection.execute(sa.update(BillingMarket).values(enabled=False))
        ordering = asyncio.ensure_future(send(client, company.admin, "orderPort", FOUND, **order(location)))
        await asyncio.sleep(0.3)
        waited = not ordering.done()

    assert nothing(user_error("MARKET_NOT_ENABLED", "locationId")) == await ordering
    assert waited


async def test_concurrent_orders_and_end_of_their_market_are_consistent_V12(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Each order is carried out whole or refused. Acknowledged orders are stored, and later ones are refused."""
    company = await verified(factory)
    location = await factory.orderable(company)
    end = send(client, company.admin, "setBillingMarket", "billingMarket { enabled }", market="DE", enabled=False)
    orders = [send(client, company.admin, "orderPort", FOUND, **order(location)) for _ in range(6)]

    answers = await asyncio.gather(*orders[:3], end, *orders[3:])
    late = await send(client, company.admin, "orderPort", FOUND, **order(location))

    refusal = nothing(user_error("MARKET_NOT_ENABLED", "locationId"))
    made = [answer for number, answer in enumerate(answers) if number != 3 and answer != refusal]
    assert [[]] * len(made) == [answer["userErrors"] for answer in made]
    assert len(made) == len((await stored_rows(rules_engine))["port"])
    assert refusal == late
