"""Billing markets are enabled and disabled by the company that pays, and by nobody else."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client
from tests.factory import Factory
from tests.rules.mutations import recorded_changes, send, stored_rows, user_error

MARKET = "billingMarket { market currency enabled }"
ORDERABLE = "{ locations(orderable: true) { nodes { id } } }"


@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "FINANCE"])
@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
async def test_paying_company_enables_a_market_V12_A43(client: Client, factory: Factory, kind: str, role: str) -> None:
    """A company's account administrators and finance enable a market, in the market's own currency."""
    user = await factory.user(await factory.company(kind=kind), role)

    enabled = await send(client, user.email, "setBillingMarket", MARKET, market="JP", enabled=True)
    disabled = await send(client, user.email, "setBillingMarket", MARKET, market="JP", enabled=False)

    market = {"market": "JP", "currency": "JPY"}
    assert {"billingMarket": {**market, "enabled": True}, "userErrors": []} == enabled
    assert {"billingMarket": {**market, "enabled": False}, "userErrors": []} == disabled


async def test_orderable_locations_follow_at_once_R120_A19(client: Client, factory: Factory) -> None:
    """A managed account finds a market's locations from the moment its partner enables it until it's disabled."""
    partner = await factory.partner()
    account, location = await factory.managed_account(partner), await factory.location(market="NL")

    before = await client(account.admin, ORDERABLE)
    await send(client, partner.admin, "setBillingMarket", MARKET, market="NL", enabled=True)
    enabled = await client(account.admin, ORDERABLE)
    await send(client, partner.admin, "setBillingMarket", MARKET, market="NL", enabled=False)
    disabled = await client(account.admin, ORDERABLE)

    assert {"locations": {"nodes": []}} == before.data == disabled.data
    assert {"locations": {"nodes": [{"id": location.id}]}} == enabled.data


async def test_managed_account_changes_no_market_R107(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A managed account can't change its own market or its partner's, whatever its settings. It learns nothing of its partner's."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, pricing=True, chat_support=True, dashboard=True, company_profile=True)
    before = await stored_rows(rules_engine)

    own = await send(client, account.admin, "setBillingMarket", MARKET, market="DE", enabled=True)
    of_partner = await send(client, account.admin, "setBillingMarket", MARKET, market="DE", enabled=True, companyId=partner.id)

    assert {"billingMarket": None, "userErrors": [user_error("FORBIDDEN")]} == own
    assert {"billingMarket": None, "userErrors": [user_error("FORBIDDEN", "companyId")]} == of_partner
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_hidden_company_does_not_exist_for_a_change_V12_A21(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str
) -> None:
    """A company that the viewer can't see is not found."""
    company, email = await factory.company(), await factory.admin_of_kind(kind)
    before = await stored_rows(rules_engine)

    answer = await send(client, email, "setBillingMarket", MARKET, market="DE", enabled=True, companyId=company.id)

    assert {"billingMarket": None, "userErrors": [user_error("NOT_FOUND", "companyId")]} == answer
    assert before == await stored_rows(rules_engine)


async def test_all_errors_are_reported_at_once_V12(client: Client, factory: Factory) -> None:
    """An id of another type and an unknown market are two errors, each with its path."""
    company = await factory.company()

    answer = await send(client, company.admin, "setBillingMarket", MARKET, market="XX", enabled=True, companyId=company.user.id)

    problems = [user_error("INVALID_ID", "companyId"), user_error("INVALID_VALUE", "market")]
    assert {"billingMarket": None, "userErrors": problems} == answer


async def test_change_is_audited_V12(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The audit log has the change, before and after."""
    company = await factory.company()

    for enabled in (True, True, False):
        await send(client, company.admin, "setBillingMarket", MARKET, market="DE", enabled=enabled)

    first, last = await recorded_changes(rules_engine)
    made = {"company_id": [None, str(company.key)], "market": [None, "DE"], "currency": [None, "EUR"], "enabled": [None, True]}
    assert ("setBillingMarket", "billing_market", made) == (*first[:2], {name: first[2].get(name) for name in made})
    assert ("setBillingMarket", "billing_market", {"enabled": [True, False]}) == last
