"""Support details: read by a managed account that its partner supports, not by one that the operator supports."""

from __future__ import annotations

import pytest

from tests.client import Client
from tests.factory import Factory
from tests.rules.answers import payload, redaction_at, response_of

DETAILS = "query ($id: ID!) { company(id: $id) { supportDetails { supportedBy email phone hours } } }"
ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]


def details(supported_by: str) -> object:
    """Return the answer to DETAILS for a viewer that reads them."""
    read = {"supportedBy": supported_by, "email": "help@sample.example", "phone": "+49 69 5550199", "hours": "always"}
    return payload({"company": {"supportDetails": read}})


def no_details(reason: str) -> object:
    """Return the answer to DETAILS for a viewer that doesn't."""
    return payload({"company": {"supportDetails": None}}, redaction_at("company.supportDetails", reason))


@pytest.mark.parametrize("role", ROLES)
async def test_partner_supported_account_reads_its_details_R106_R109_R123(client: Client, factory: Factory, role: str) -> None:
    """Every user of a partner-supported account reads who supports it and how to reach them."""
    account = await factory.managed_account(await factory.partner(), supported_by="PARTNER")
    await factory.support_details(account.company, "PARTNER")
    user = await factory.user(account.company, role)

    answer = await client(user.email, DETAILS, id=account.company.id)

    assert details("PARTNER") == response_of(answer)


@pytest.mark.parametrize("role", ROLES)
async def test_operator_supported_account_does_not_read_its_details_R106_R124(
    client: Client, factory: Factory, role: str
) -> None:
    """No user of an operator-supported account reads its support details, and no setting changes that."""
    account = await factory.managed_account(await factory.partner(), supported_by="OPERATOR")
    await factory.setting(account, chat_support=True, company_profile=True, dashboard=True, pricing=True)
    await factory.support_details(account.company, "OPERATOR")
    user = await factory.user(account.company, role)

    answer = await client(user.email, DETAILS, id=account.company.id)

    assert no_details("NOT_FOR_MANAGED_ACCOUNTS") == response_of(answer)


async def test_details_follow_the_accounts_support_R123_R124(client: Client, factory: Factory) -> None:
    """When an account's support changes, its details are hidden or shown with the next request."""
    account = await factory.managed_account(await factory.partner(), supported_by="PARTNER")
    await factory.support_details(account.company)

    before = await client(account.admin, DETAILS, id=account.company.id)
    await factory.change(account, supported_by="OPERATOR")
    during = await client(account.admin, DETAILS, id=account.company.id)
    await factory.change(account, supported_by="PARTNER")
    after = await client(account.admin, DETAILS, id=account.company.id)

    assert details("PARTNER") == response_of(before)
    assert no_details("NOT_FOR_MANAGED_ACCOUNTS") == response_of(during)
    assert before.body == after.body


async def test_account_cannot_tell_whether_hidden_details_exist_R124_A21(client: Client, factory: Factory) -> None:
    """An operator-supported account gets the same bytes with and without support details."""
    account = await factory.managed_account(await factory.partner(), supported_by="OPERATOR")

    without = await client(account.admin, DETAILS, id=account.company.id)
    await factory.support_details(account.company, "OPERATOR")
    with_some = await client(account.admin, DETAILS, id=account.company.id)

    assert without.body == with_some.body


@pytest.mark.parametrize("supported_by", ["PARTNER", "OPERATOR"])
@pytest.mark.parametrize("caller", ["its partner", "the operator"])
async def test_partner_and_operator_read_an_accounts_details_V21(
    client: Client, factory: Factory, caller: str, supported_by: str
) -> None:
    """The partner and the operator read an account's support details, no matter who supports it."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner, supported_by=supported_by)
    await factory.support_details(account.company, supported_by)
    email = partner.admin if caller == "its partner" else operator.admin

    answer = await client(email, DETAILS, id=account.company.id)

    assert details(supported_by) == response_of(answer)


async def test_account_does_not_read_its_partners_details_R123_V21(client: Client, factory: Factory) -> None:
    """A partner-supported account reads its own support details, but not its partner's."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, supported_by="PARTNER")
    await factory.support_details(partner, "OPERATOR")

    answer = await client(account.admin, DETAILS, id=partner.id)

    assert no_details("NOT_YOURS") == response_of(answer)


async def test_direct_company_reads_its_details_V21(client: Client, factory: Factory) -> None:
    """A direct company, which the operator supports, reads its own support details."""
    company = await factory.company()
    await factory.support_details(company, "OPERATOR")

    answer = await client(company.admin, DETAILS, id=company.id)

    assert details("OPERATOR") == response_of(answer)
