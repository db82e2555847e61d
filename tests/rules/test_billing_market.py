"""Billing markets: for the company that is billed, never for managed accounts."""

from __future__ import annotations

import pytest

from tests.client import Client
from tests.factory import Factory
from tests.rules.answers import payload, redaction_at, response_of

MARKETS = "query ($id: ID!) { company(id: $id) { billingMarkets { market currency enabled } } }"
BY_ID = "query ($id: ID!) { node(id: $id) { id } }"
GERMAN = {"market": "DE", "currency": "EUR", "enabled": True}
BRITISH = {"market": "UK", "currency": "EUR", "enabled": False}


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
async def test_company_reads_its_billing_markets_R107_A19(client: Client, factory: Factory, kind: str) -> None:
    """Partners and direct companies read their own markets, sorted by code, enabled or not."""
    company = await factory.company(kind=kind)
    await factory.billing_market(company, "UK", enabled=False)
    await factory.billing_market(company, "DE")

    answer = await client(company.admin, MARKETS, id=company.id)

    assert payload({"company": {"billingMarkets": [GERMAN, BRITISH]}}) == response_of(answer)


@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "FINANCE", "VIEWER"])
@pytest.mark.parametrize("of", ["itself", "its partner"])
async def test_managed_account_reads_no_billing_market_R107(client: Client, factory: Factory, of: str, role: str) -> None:
    """Whatever its partner sets, a managed account reads neither its own billing markets nor its partner's."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    switches = dict.fromkeys(("pricing", "chat_support", "dashboard", "company_profile", "order_approval"), True)
    await factory.setting(account, **switches)
    company = account.company if of == "itself" else partner
    market = await factory.billing_market(company)
    user = await factory.user(account.company, role)

    below, by_id = await client(user.email, MARKETS, id=company.id), await client(user.email, BY_ID, id=market.id)

    redaction = redaction_at("company.billingMarkets", "NOT_FOR_MANAGED_ACCOUNTS")
    assert payload({"company": {"billingMarkets": None}}, redaction) == response_of(below)
    assert payload({"node": None}) == response_of(by_id)


async def test_managed_account_cannot_tell_whether_billing_markets_exist_R107_A21(client: Client, factory: Factory) -> None:
    """A managed account gets the same bytes whether a billing market exists or not."""
    account = await factory.managed_account(await factory.partner())

    without = await client(account.admin, MARKETS, id=account.company.id)
    await factory.billing_market(account.company)
    with_one = await client(account.admin, MARKETS, id=account.company.id)

    assert without.body == with_one.body


@pytest.mark.parametrize("caller", ["its partner", "the operator"])
async def test_partner_and_operator_read_markets_of_a_managed_account_R107_V21(
    client: Client, factory: Factory, caller: str
) -> None:
    """The partner and the operator read what is hidden from the account."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner)
    market = await factory.billing_market(account.company)
    email = partner.admin if caller == "its partner" else operator.admin

    below, by_id = await client(email, MARKETS, id=account.company.id), await client(email, BY_ID, id=market.id)

    assert payload({"company": {"billingMarkets": [GERMAN]}}) == response_of(below)
    assert payload({"node": {"id": market.id}}) == response_of(by_id)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER"])
async def test_other_companies_read_no_billing_markets_V21(client: Client, factory: Factory, kind: str) -> None:
    """A company with a public profile keeps its billing markets private."""
    company = await factory.company()
    await factory.profile(company)
    market = await factory.billing_market(company)
    email = await factory.admin_of_kind(kind)

    below, by_id = await client(email, MARKETS, id=company.id), await client(email, BY_ID, id=market.id)

    assert payload({"company": {"billingMarkets": None}}, redaction_at("company.billingMarkets", "NOT_YOURS")) == response_of(
        below
    )
    assert payload({"node": None}) == response_of(by_id)
