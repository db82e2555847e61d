"""Account administrators edit support details: their own company's, or for a managed company its partner's."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client
from tests.factory import Factory
from tests.rules.mutations import recorded_changes, send, stored_rows, user_error

DETAILS: Final = "supportDetails { supportedBy email phone hours version }"
CONTACT: Final = {"email": "help@alpine.example", "phone": "+41 44 668 18 00", "hours": "always"}
OLD: Final = {"email": "help@sample.example", "phone": "+49 69 5550199", "hours": "always"}


async def update(client: Client, viewer: str | None, **values: Any) -> dict[str, Any]:
    """Update support details and return the payload."""
    return await send(client, viewer, "updateSupportDetails", DETAILS, **values)


@pytest.mark.parametrize("supported_by", ["PARTNER", "OPERATOR"])
async def test_partner_edits_the_details_of_its_accounts_R123_R124_V15(
    client: Client, factory: Factory, supported_by: str
) -> None:
    """No matter who supports the account, its partner edits the contact details. Absent fields don't change."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, supported_by=supported_by)
    company = account.company.id

    first = await update(client, partner.admin, companyId=company, **CONTACT)
    second = await update(client, partner.admin, companyId=company, version=1, email="desk@alpine.example", hours=None)

    details = {"supportedBy": supported_by, **CONTACT, "version": 1}
    assert {"supportDetails": details, "userErrors": []} == first
    changed = {**details, "email": "desk@alpine.example", "hours": None, "version": 2}
    assert {"supportDetails": changed, "userErrors": []} == second


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "OPERATOR"])
async def test_company_edits_its_own_details_R102_V21_A43(client: Client, factory: Factory, kind: str) -> None:
    """A company without a partner is supported by the operator, and edits its own contact details."""
    company = await factory.company(kind=kind)
    admin = await factory.user(company, "ACCOUNT_ADMIN")

    answer = await update(client, admin.email, **CONTACT)

    assert {"supportDetails": {"supportedBy": "OPERATOR", **CONTACT, "version": 1}, "userErrors": []} == answer


@pytest.mark.parametrize("supported_by", ["PARTNER", "OPERATOR"])
async def test_managed_account_edits_no_details_R123_R124(
    client: Client, factory: Factory, rules_engine: AsyncEngine, supported_by: str
) -> None:
    """A managed account can't change its own details or its partner's, no matter who supports it and what its settings are."""
    partner = await factory.partner()
    account = await factory.managed_account(
        partner, supported_by=supported_by, pricing=True, chat_support=True, dashboard=True, company_profile=True
    )
    await factory.support_details(account.company, supported_by)
    before = await stored_rows(rules_engine)

    own = await update(client, account.admin, version=1, **CONTACT)
    named = [
        await update(client, account.admin, companyId=each.id, version=1, **CONTACT) for each in (account.company, partner)
    ]

    assert {"supportDetails": None, "userErrors": [user_error("FORBIDDEN")]} == own
    assert [{"supportDetails": None, "userErrors": [user_error("FORBIDDEN", "companyId")]}] * 2 == named
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("role", ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"])
async def test_other_roles_read_the_details_without_their_version_A43_R123(
    client: Client, factory: Factory, rules_engine: AsyncEngine, role: str
) -> None:
    """A user that isn't an administrator edits nothing, and doesn't learn how often others did."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    await factory.support_details(account.company)
    user = await factory.user(partner, role)
    before = await stored_rows(rules_engine)

    read = await client(user.email, f"query ($id: ID!) {{ company(id: $id) {{ {DETAILS} }} }}", id=account.company.id)
    answer = await update(client, user.email, companyId=account.company.id, version=1, **CONTACT)

    assert {"company": {"supportDetails": {"supportedBy": "PARTNER", **OLD, "version": None}}} == read.data
    assert ["ROLE_REQUIRED"] == [redaction.reason for redaction in read.redactions]
    assert {"supportDetails": None, "userErrors": [user_error("FORBIDDEN", "companyId")]} == answer
    assert before == await stored_rows(rules_engine)


async def test_other_companies_edit_no_details_V21(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A hidden company is not found. A viewer that only reads it, the operator included, can't edit it."""
    account, operator = await factory.managed_account(await factory.partner()), await factory.operator()
    shown = await factory.company()
    await factory.profile(shown, visibility="PUBLIC")
    strangers = [(await factory.company()).admin, (await factory.partner()).admin, None]
    before = await stored_rows(rules_engine)

    hidden = [await update(client, each, companyId=account.company.id, **CONTACT) for each in strangers]
    public = [await update(client, each, companyId=shown.id, **CONTACT) for each in strangers]
    by_operator = await update(client, operator.admin, companyId=account.company.id, **CONTACT)

    assert [{"supportDetails": None, "userErrors": [user_error("NOT_FOUND", "companyId")]}] * 3 == hidden
    forbidden = {"supportDetails": None, "userErrors": [user_error("FORBIDDEN", "companyId")]}
    assert [forbidden] * 4 == [*public, by_operator]
    assert before == await stored_rows(rules_engine)


async def test_operator_supported_account_keeps_its_contact_details_V15(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """An account that the operator supports always has an email and a phone. Neither can be cleared."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, supported_by="OPERATOR")
    company = account.company.id

    missing = await update(client, partner.admin, companyId=company, email="help@alpine.example")
    await update(client, partner.admin, companyId=company, **CONTACT)
    before = await stored_rows(rules_engine)
    taken = await update(client, partner.admin, companyId=company, version=1, email=None, phone="", hours=None)

    assert {"supportDetails": None, "userErrors": [user_error("REQUIRED", "phone")]} == missing
    problems = [user_error("REQUIRED", "email"), user_error("REQUIRED", "phone")]
    assert {"supportDetails": None, "userErrors": problems} == taken
    assert before == await stored_rows(rules_engine)


async def test_partner_supported_account_needs_no_contact_details_V15(client: Client, factory: Factory) -> None:
    """For an account that the partner supports everything is optional."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, supported_by="PARTNER")
    await factory.support_details(account.company)
    nothing = {"email": None, "phone": None, "hours": " "}

    answer = await update(client, partner.admin, companyId=account.company.id, version=1, **nothing)

    cleared = {"supportedBy": "PARTNER", "email": None, "phone": None, "hours": None, "version": 2}
    assert {"supportDetails": cleared, "userErrors": []} == answer


async def test_all_errors_are_reported_at_once_V7(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """An old version and malformed values are reported together."""
    company = await factory.company()
    await factory.support_details(company, "OPERATOR")
    before = await stored_rows(rules_engine)

    answer = await update(client, company.admin, version=7, email="nobody", phone="call us", hours="x" * 201)

    problems = [user_error("CONFLICT", "version"), user_error("INVALID_VALUE", "email")]
    problems += [user_error("INVALID_VALUE", "phone"), user_error("TOO_LONG", "hours")]
    assert {"supportDetails": None, "userErrors": problems} == answer
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("version", [0, 1])
async def test_concurrent_edits_of_one_version_apply_once_V15(
    client: Client, factory: Factory, rules_engine: AsyncEngine, version: int
) -> None:
    """Of eight concurrent edits based on the same version one is saved, also where there were no details yet."""
    company = await factory.company()
    if version:
        await factory.support_details(company, "OPERATOR")

    answers = await asyncio.gather(
        *(update(client, company.admin, version=version, **{**CONTACT, "hours": f"hours {n}"}) for n in range(8))
    )

    refusals = [answer for answer in answers if answer["userErrors"]]
    assert [{"supportDetails": None, "userErrors": [user_error("CONFLICT", "version")]}] * 7 == refusals
    assert [("updateSupportDetails", "support_details")] == [event[:2] for event in await recorded_changes(rules_engine)]


async def test_contact_details_are_kept_during_a_change_of_support_V15(client: Client, factory: Factory) -> None:
    """One request gives the support to the operator while another clears the phone. The later one is refused."""
    partner = await factory.partner()
    for _ in range(5):
        account = await factory.managed_account(partner)
        await factory.support_details(account.company)
        handed, taken = await asyncio.gather(
            send(
                client,
                partner.admin,
                "updateManagedAccount",
                "managedAccount { id }",
                id=account.id,
                version=1,
                supportedBy="OPERATOR",
            ),
            update(client, partner.admin, companyId=account.company.id, version=1, phone=None),
        )
        query = "query ($id: ID!) { company(id: $id) { supportDetails { supportedBy phone } } }"
        details = (await client(partner.admin, query, id=account.company.id)).data["company"]["supportDetails"]
        reached = {"supportedBy": "OPERATOR", "phone": OLD["phone"]}
        alone = {"supportedBy": "PARTNER", "phone": None}
        assert (details, bool(handed["userErrors"]), bool(taken["userErrors"])) in (
            (reached, False, True),
            (alone, True, False),
        )
