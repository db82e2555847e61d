"""What no setting can show: a partner turns on everything, for one account and for all, and these stay denied."""

from __future__ import annotations

from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client
from tests.factory import Account, Factory
from tests.rules.answers import payload, redaction_at, response_of
from tests.rules.mutations import send, stored_rows, user_error

EVERYTHING: Final = dict.fromkeys(("pricing", "chatSupport", "dashboard", "companyProfile", "orderApproval"), True)
ROLES: Final = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]
OWN: Final = """query ($id: ID!) { company(id: $id) {
    billingMarkets { id } marketplaceProfile { id } supportDetails { phone } partnerDefaults { pricing } version
    companyProfile { legalName }
} }"""


async def with_everything(client: Client, factory: Factory, supported_by: str = "OPERATOR") -> Account:
    """An account whose partner has turned on every setting, through its mutations."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, supported_by=supported_by)
    await factory.support_details(account.company, supported_by)
    await factory.profile(account.company)
    for company in (partner, account.company):
        await factory.billing_market(company)
    values = {"id": account.id, "version": 1, "settings": EVERYTHING}
    one = await send(client, partner.admin, "updateManagedAccountSettings", "managedAccount { id }", **values)
    everyone = await send(client, partner.admin, "updatePartnerDefaults", "partnerDefaults { pricing }", **EVERYTHING)
    assert [[], []] == [one["userErrors"], everyone["userErrors"]]
    return account


@pytest.mark.parametrize("role", ROLES)
async def test_no_setting_shows_what_managed_accounts_never_read_R002_R107_R116_R124_V14(
    client: Client, factory: Factory, role: str
) -> None:
    """With everything on, an account reads its company profile, but in no role what is never for managed accounts."""
    account = await with_everything(client, factory)
    user = await factory.user(account.company, role)

    answer = await client(user.email, OWN, id=account.company.id)

    never = ("billingMarkets", "marketplaceProfile", "supportDetails", "partnerDefaults", "version")
    shown = {**dict.fromkeys(never), "companyProfile": {"legalName": account.company.name}}
    redactions = [redaction_at(f"company.{name}", "NOT_FOR_MANAGED_ACCOUNTS") for name in never]
    assert payload({"company": shown}, *redactions) == response_of(answer)


async def test_no_setting_shows_a_market_or_profile_by_id_R107_R116_A8(client: Client, factory: Factory) -> None:
    """With everything on, an account finds neither its own nor its partner's market by id, nor its partner's profile."""
    account = await with_everything(client, factory)
    own = await factory.billing_market(account.company, "NL")
    of_partner = await factory.billing_market(account.partner, "NL")
    private = await factory.profile(account.partner, visibility="PRIVATE")

    answer = await client(
        account.admin, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[each.id for each in (own, of_partner, private)]
    )

    assert payload({"nodes": [None, None, None]}) == response_of(answer)


@pytest.mark.parametrize("supported_by", ["PARTNER", "OPERATOR"])
@pytest.mark.parametrize("role", ROLES)
async def test_no_setting_lets_an_account_edit_anything_R107_R111_R123_R124_A18(
    client: Client, factory: Factory, rules_engine: AsyncEngine, role: str, supported_by: str
) -> None:
    """With everything on, an account still edits no markets, details, profile, settings or account, and creates no account."""
    account = await with_everything(client, factory, supported_by)
    user = await factory.user(account.company, role)
    before = await stored_rows(rules_engine)
    company = {"tradingName": "Alpine", "legalName": "Alpine AG", "country": "CH"}
    tried: dict[str, dict[str, Any]] = {
        "setBillingMarket": {"market": "DE", "enabled": False},
        "updateSupportDetails": {"version": 1, "hours": "never"},
        "updateCompanyProfile": {"version": 1, "taxNumber": "T-2"},
        "updatePartnerDefaults": {"version": 1, "pricing": False},
        "createManagedAccount": {"accountName": "Below", "supportedBy": "PARTNER", "company": company},
        "updateManagedAccount": {"id": account.id, "version": 2, "supportedBy": "PARTNER"},
        "updateManagedAccountSettings": {"id": account.id, "version": 2, "settings": {"orderApproval": False}},
    }

    answers = {
        name: (await send(client, user.email, name, "__typename", **values))["userErrors"] for name, values in tried.items()
    }

    by_id = {name: [user_error("FORBIDDEN", "id")] for name in ("updateManagedAccount", "updateManagedAccountSettings")}
    assert {**{name: [user_error("FORBIDDEN")] for name in tried}, **by_id} == answers
    assert before == await stored_rows(rules_engine)


async def test_no_setting_shows_another_account_or_the_reference_V14_V25(client: Client, factory: Factory) -> None:
    """With everything on, an account finds only itself, without its partner's reference and its version."""
    account = await with_everything(client, factory)
    await factory.change(account, account_ref="CRM-7")
    await factory.managed_account(account.partner)

    answer = await client(account.admin, "{ managedAccounts { nodes { id accountRef version } totalCount } }")

    nothing = {"id": account.id, "accountRef": None, "version": None}
    redactions = [
        redaction_at(f"managedAccounts.nodes.*.{name}", "NOT_FOR_MANAGED_ACCOUNTS") for name in ("accountRef", "version")
    ]
    assert payload({"managedAccounts": {"nodes": [nothing], "totalCount": 1}}, *redactions) == response_of(answer)
