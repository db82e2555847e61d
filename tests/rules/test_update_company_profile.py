"""Account administrators edit company profiles: their own company's, or for a managed company its partner's."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import ANONYMOUS, Client
from tests.factory import Company, Factory
from tests.rules.answers import payload, redaction_at, response_of
from tests.rules.mutations import recorded_changes, send, stored_rows, user_error

PROFILE: Final = """company { tradingName version companyProfile {
    legalName registrationNumber taxNumber headquarters { street city postalCode country }
} }"""
VERSION: Final = "query ($id: ID!) { company(id: $id) { tradingName version } }"
ADDRESS: Final = {"street": "Seeweg 1", "city": "Zug", "postalCode": "6300", "country": "CH"}
NEW: Final[dict[str, Any]] = {"verification_status": "UNVERIFIED"}  # nothing of it is locked yet
PAPERS: Final = {"legalName": "Alpine AG", "registrationNumber": "CHE-1", "taxNumber": "T-1", "headquarters": ADDRESS}


async def update(client: Client, viewer: str | None, **values: Any) -> dict[str, Any]:
    """Update a company profile and return the payload."""
    return await send(client, viewer, "updateCompanyProfile", PROFILE, **values)


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "OPERATOR"])
async def test_company_edits_its_own_profile_A13_A43_V21(client: Client, factory: Factory, kind: str) -> None:
    """Given fields change, absent ones don't, and null clears optional ones."""
    company = await factory.company(kind=kind, **NEW)
    admin = (await factory.user(company, "ACCOUNT_ADMIN")).email

    changed = await update(client, admin, version=1, tradingName="Alpine", **PAPERS)
    nothing: dict[str, Any] = {"registrationNumber": None, "taxNumber": " ", "headquarters": {}}
    cleared = await update(client, admin, version=2, **nothing)

    assert {"company": {"tradingName": "Alpine", "version": 2, "companyProfile": PAPERS}, "userErrors": []} == changed
    left = {"legalName": "Alpine AG", "registrationNumber": None, "taxNumber": None, "headquarters": None}
    assert {"company": {"tradingName": "Alpine", "version": 3, "companyProfile": left}, "userErrors": []} == cleared


async def test_partner_edits_the_profile_of_its_accounts_A13_V14(client: Client, factory: Factory) -> None:
    """A managed company's registered details are its partner's to edit."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, company=NEW)

    changed = await update(client, partner.admin, companyId=account.company.id, version=1, tradingName="Alpine", **PAPERS)

    assert {"company": {"tradingName": "Alpine", "version": 2, "companyProfile": PAPERS}, "userErrors": []} == changed


@pytest.mark.parametrize("company_profile", [True, False])
async def test_managed_user_edits_no_profile_R111_A13_X1(
    client: Client, factory: Factory, rules_engine: AsyncEngine, company_profile: bool
) -> None:
    """The most that a partner can give an account is to read its profile."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, company_profile=company_profile)
    before = await stored_rows(rules_engine)

    own = await update(client, account.admin, version=1, taxNumber="T-2")
    named = [
        await update(client, account.admin, companyId=each.id, version=1, taxNumber="T-2")
        for each in (account.company, partner)
    ]

    assert {"company": None, "userErrors": [user_error("FORBIDDEN")]} == own
    assert [{"company": None, "userErrors": [user_error("FORBIDDEN", "companyId")]}] * 2 == named
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("status", ["PENDING", "VERIFIED"])
async def test_checked_names_do_not_change_R410_R422_V8(
    client: Client, factory: Factory, rules_engine: AsyncEngine, status: str
) -> None:
    """While a certificate is under review, and once it's approved, the names it proves stay. Everything else may change."""
    papers: dict[str, Any] = {"legal_name": "Alpine AG", "registration_number": "CHE-1", "verification_status": status}
    company = await factory.company(**papers)
    before = await stored_rows(rules_engine)

    checked = await update(client, company.admin, version=1, legalName="Baltic AG", registrationNumber=None, taxNumber="T-2")
    after = await stored_rows(rules_engine)
    others = await update(client, company.admin, version=1, tradingName="Alpine", **PAPERS)

    problems = [user_error("LOCKED", "legalName"), user_error("LOCKED", "registrationNumber")]
    assert {"company": None, "userErrors": problems} == checked
    assert before == after
    assert {"company": {"tradingName": "Alpine", "version": 2, "companyProfile": PAPERS}, "userErrors": []} == others


@pytest.mark.parametrize("status", ["UNVERIFIED", "REJECTED"])
async def test_unchecked_names_may_change_A41_R409(client: Client, factory: Factory, status: str) -> None:
    """Before a certificate is submitted, and after it was rejected, the details can be corrected."""
    company = await factory.company(verification_status=status)

    changed = await update(client, company.admin, version=1, tradingName="Alpine", **PAPERS)

    assert {"company": {"tradingName": "Alpine", "version": 2, "companyProfile": PAPERS}, "userErrors": []} == changed


async def test_error_says_why_a_name_cannot_change_R422(client: Client, factory: Factory) -> None:
    """The message names the status and whom to contact."""
    company = await factory.company(verification_status="VERIFIED")
    query = """mutation ($input: UpdateCompanyProfileInput!) {
        updateCompanyProfile(input: $input) { userErrors { message } }
    }"""

    answer = await client(company.admin, query, input={"version": 1, "legalName": "Baltic AG"})

    message = "Locked because the company is VERIFIED. Ask the operator to change it."
    assert {"updateCompanyProfile": {"userErrors": [{"message": message}]}} == answer.data


@pytest.mark.parametrize("role", ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"])
async def test_other_roles_edit_no_profile_A43(client: Client, factory: Factory, rules_engine: AsyncEngine, role: str) -> None:
    """Other roles can't edit their own company's profile or a managed one's. They don't read the version either."""
    partner = await factory.partner()
    account, user = await factory.managed_account(partner), await factory.user(partner, role)
    before = await stored_rows(rules_engine)

    own = await update(client, user.email, version=1, tradingName="Alpine")
    managed = await update(client, user.email, companyId=account.company.id, version=1, tradingName="Alpine")
    read = await client(user.email, VERSION, id=partner.id)

    assert {"company": None, "userErrors": [user_error("FORBIDDEN")]} == own
    assert {"company": None, "userErrors": [user_error("FORBIDDEN", "companyId")]} == managed
    shown = {"company": {"tradingName": partner.name, "version": None}}
    assert payload(shown, redaction_at("company.version", "ROLE_REQUIRED")) == response_of(read)
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED", "OPERATOR"])
async def test_other_companies_do_not_edit_a_profile_V18_A21(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str
) -> None:
    """A hidden company is not found. A visible one can't be edited, and its version is hidden."""
    email, secret, shown = await factory.admin_of_kind(kind), await factory.company(), await factory.company()
    await factory.profile(shown, visibility="PUBLIC")
    before = await stored_rows(rules_engine)

    by_id = [await update(client, email, companyId=each.id, version=1, tradingName="Alpine") for each in (secret, shown)]
    read = await client(email, VERSION, id=shown.id)

    code = "FORBIDDEN" if kind == "OPERATOR" else "NOT_FOUND"
    assert {"company": None, "userErrors": [user_error(code, "companyId")]} == by_id[0]
    assert {"company": None, "userErrors": [user_error("FORBIDDEN", "companyId")]} == by_id[1]
    assert {"company": {"tradingName": shown.name, "version": None}} == read.data
    assert before == await stored_rows(rules_engine)


async def test_version_does_not_reveal_hidden_edits_R111_V18(client: Client, factory: Factory) -> None:
    """A viewer that sees a company but not its registered details gets the same bytes before and after an edit."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    await factory.profile(account.company, visibility="PUBLIC")
    emails = [account.admin, (await factory.company()).admin, ANONYMOUS]

    before = [(await client(email, VERSION, id=account.company.id)).body for email in emails]
    await update(client, partner.admin, companyId=account.company.id, version=1, taxNumber="T-2")
    after = [(await client(email, VERSION, id=account.company.id)).body for email in emails]

    assert before == after


async def test_texts_are_validated_V7(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Blank, too long and malformed values are all reported at once. Names can't be cleared."""
    company: Company = await factory.company(**NEW)
    before = await stored_rows(rules_engine)
    address = {"street": "x" * 201, "postalCode": "9" * 33, "country": "XX"}
    values = {"tradingName": None, "legalName": "x" * 201, "registrationNumber": "x" * 65, "taxNumber": "a\0b"}

    answer = await update(client, company.admin, version=3, headquarters=address, **values)

    problems = [
        user_error("REQUIRED", "tradingName"),
        user_error("TOO_LONG", "legalName"),
        user_error("TOO_LONG", "registrationNumber"),
        user_error("INVALID_TEXT", "taxNumber"),
        user_error("TOO_LONG", "headquarters", "street"),
        user_error("TOO_LONG", "headquarters", "postalCode"),
        user_error("INVALID_VALUE", "headquarters", "country"),
        user_error("CONFLICT", "version"),
    ]
    assert {"company": None, "userErrors": problems} == answer
    assert before == await stored_rows(rules_engine)


async def test_concurrent_edits_of_one_version_apply_once_A13(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Of eight concurrent edits based on the same version one is saved, and the audit log has exactly that one."""
    company = await factory.company(tax_number="T-0")

    answers = await asyncio.gather(*(update(client, company.admin, version=1, taxNumber=f"N-{n}") for n in range(8)))

    (made,) = [answer["company"] for answer in answers if not answer["userErrors"]]
    refusals = [answer for answer in answers if answer["userErrors"]]
    assert [{"company": None, "userErrors": [user_error("CONFLICT", "version")]}] * 7 == refusals
    changes = {"tax_number": ["T-0", made["companyProfile"]["taxNumber"]], "version": [1, 2]}
    assert [("updateCompanyProfile", "company", changes)] == await recorded_changes(rules_engine)
