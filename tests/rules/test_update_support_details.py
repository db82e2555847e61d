"""Support details are edited by account administrators: their own company's, and of managed companies by the partner's."""

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


async def update(ask: Client, viewer: str | None, **values: Any) -> dict[str, Any]:
    """What comes of a change of support details."""
    return await send(ask, viewer, "updateSupportDetails", DETAILS, **values)


@pytest.mark.parametrize("supported_by", ["PARTNER", "OPERATOR"])
async def test_partner_edits_those_of_its_accounts_R123_R124_V15(ask: Client, given: Factory, supported_by: str) -> None:
    """Whoever gives the support, the partner says how it is reached; what is left out stays."""
    partner = await given.partner()
    account = await given.managed_account(partner, supported_by=supported_by)
    company = account.company.id

    first = await update(ask, partner.admin, companyId=company, **CONTACT)
    second = await update(ask, partner.admin, companyId=company, version=1, email="desk@alpine.example", hours=None)

    details = {"supportedBy": supported_by, **CONTACT, "version": 1}
    assert {"supportDetails": details, "userErrors": []} == first
    changed = {**details, "email": "desk@alpine.example", "hours": None, "version": 2}
    assert {"supportDetails": changed, "userErrors": []} == second


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "OPERATOR"])
async def test_company_edits_its_own_R102_V21_A43(ask: Client, given: Factory, kind: str) -> None:
    """Whom no partner manages the operator supports, and it says itself how it is reached."""
    company = await given.company(kind=kind)
    admin = await given.user(company, "ACCOUNT_ADMIN")

    answer = await update(ask, admin.email, **CONTACT)

    assert {"supportDetails": {"supportedBy": "OPERATOR", **CONTACT, "version": 1}, "userErrors": []} == answer


@pytest.mark.parametrize("supported_by", ["PARTNER", "OPERATOR"])
async def test_managed_account_edits_none_R123_R124(
    ask: Client, given: Factory, rules_engine: AsyncEngine, supported_by: str
) -> None:
    """Neither its own nor its partner's, whoever supports it and whatever is switched on for it."""
    partner = await given.partner()
    account = await given.managed_account(
        partner, supported_by=supported_by, pricing=True, chat_support=True, dashboard=True, company_profile=True
    )
    await given.support_details(account.company, supported_by)
    before = await stored_rows(rules_engine)

    own = await update(ask, account.admin, version=1, **CONTACT)
    named = [await update(ask, account.admin, companyId=each.id, version=1, **CONTACT) for each in (account.company, partner)]

    assert {"supportDetails": None, "userErrors": [user_error("FORBIDDEN")]} == own
    assert [{"supportDetails": None, "userErrors": [user_error("FORBIDDEN", "companyId")]}] * 2 == named
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("role", ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"])
async def test_other_roles_read_them_without_their_version_A43_R123(
    ask: Client, given: Factory, rules_engine: AsyncEngine, role: str
) -> None:
    """Who administers nothing edits nothing, and is not told how often others did."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    await given.support_details(account.company)
    user = await given.user(partner, role)
    before = await stored_rows(rules_engine)

    read = await ask(user.email, f"query ($id: ID!) {{ company(id: $id) {{ {DETAILS} }} }}", id=account.company.id)
    answer = await update(ask, user.email, companyId=account.company.id, version=1, **CONTACT)

    assert {"company": {"supportDetails": {"supportedBy": "PARTNER", **OLD, "version": None}}} == read.data
    assert ["ROLE_REQUIRED"] == [redaction.reason for redaction in read.redactions]
    assert {"supportDetails": None, "userErrors": [user_error("FORBIDDEN", "companyId")]} == answer
    assert before == await stored_rows(rules_engine)


async def test_nobody_edits_those_of_others_V21(ask: Client, given: Factory, rules_engine: AsyncEngine) -> None:
    """To whom a company is hidden it is not there; who reads it and no more, the operator among them, may not."""
    account, operator = await given.managed_account(await given.partner()), await given.operator()
    shown = await given.company()
    await given.profile(shown, visibility="PUBLIC")
    strangers = [(await given.company()).admin, (await given.partner()).admin, None]
    before = await stored_rows(rules_engine)

    hidden = [await update(ask, each, companyId=account.company.id, **CONTACT) for each in strangers]
    public = [await update(ask, each, companyId=shown.id, **CONTACT) for each in strangers]
    by_operator = await update(ask, operator.admin, companyId=account.company.id, **CONTACT)

    assert [{"supportDetails": None, "userErrors": [user_error("NOT_FOUND", "companyId")]}] * 3 == hidden
    forbidden = {"supportDetails": None, "userErrors": [user_error("FORBIDDEN", "companyId")]}
    assert [forbidden] * 4 == [*public, by_operator]
    assert before == await stored_rows(rules_engine)


async def test_operator_can_reach_whom_it_supports_V15(ask: Client, given: Factory, rules_engine: AsyncEngine) -> None:
    """Of an account that the operator supports neither e-mail address nor phone can be missing or be taken away."""
    partner = await given.partner()
    account = await given.managed_account(partner, supported_by="OPERATOR")
    company = account.company.id

    missing = await update(ask, partner.admin, companyId=company, email="help@alpine.example")
    await update(ask, partner.admin, companyId=company, **CONTACT)
    before = await stored_rows(rules_engine)
    taken = await update(ask, partner.admin, companyId=company, version=1, email=None, phone="", hours=None)

    assert {"supportDetails": None, "userErrors": [user_error("REQUIRED", "phone")]} == missing
    problems = [user_error("REQUIRED", "email"), user_error("REQUIRED", "phone")]
    assert {"supportDetails": None, "userErrors": problems} == taken
    assert before == await stored_rows(rules_engine)


async def test_partner_may_leave_out_what_it_likes_V15(ask: Client, given: Factory) -> None:
    """Of an account that the partner supports everything is optional."""
    partner = await given.partner()
    account = await given.managed_account(partner, supported_by="PARTNER")
    await given.support_details(account.company)
    nothing = {"email": None, "phone": None, "hours": " "}

    answer = await update(ask, partner.admin, companyId=account.company.id, version=1, **nothing)

    cleared = {"supportedBy": "PARTNER", "email": None, "phone": None, "hours": None, "version": 2}
    assert {"supportDetails": cleared, "userErrors": []} == answer


async def test_what_is_wrong_is_told_at_once_V7(ask: Client, given: Factory, rules_engine: AsyncEngine) -> None:
    """An old version and values of no known form are told together."""
    company = await given.company()
    await given.support_details(company, "OPERATOR")
    before = await stored_rows(rules_engine)

    answer = await update(ask, company.admin, version=7, email="nobody", phone="call us", hours="x" * 201)

    problems = [user_error("CONFLICT", "version"), user_error("INVALID_VALUE", "email")]
    problems += [user_error("INVALID_VALUE", "phone"), user_error("TOO_LONG", "hours")]
    assert {"supportDetails": None, "userErrors": problems} == answer
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("version", [0, 1])
async def test_of_many_edits_of_one_version_one_is_made_V15(
    ask: Client, given: Factory, rules_engine: AsyncEngine, version: int
) -> None:
    """Of eight who edit what they read at the same moment one does, also where there was nothing yet."""
    company = await given.company()
    if version:
        await given.support_details(company, "OPERATOR")

    answers = await asyncio.gather(
        *(update(ask, company.admin, version=version, **{**CONTACT, "hours": f"hours {n}"}) for n in range(8))
    )

    refusals = [answer for answer in answers if answer["userErrors"]]
    assert [{"supportDetails": None, "userErrors": [user_error("CONFLICT", "version")]}] * 7 == refusals
    assert [("updateSupportDetails", "support_details")] == [event[:2] for event in await recorded_changes(rules_engine)]


async def test_no_contact_is_lost_while_the_account_is_handed_over_V15(ask: Client, given: Factory) -> None:
    """While one hands the account to the operator another takes its phone away: one of them is refused, whoever is first."""
    partner = await given.partner()
    for _ in range(5):
        account = await given.managed_account(partner)
        await given.support_details(account.company)
        handed, taken = await asyncio.gather(
            send(
                ask,
                partner.admin,
                "updateManagedAccount",
                "managedAccount { id }",
                id=account.id,
                version=1,
                supportedBy="OPERATOR",
            ),
            update(ask, partner.admin, companyId=account.company.id, version=1, phone=None),
        )
        query = "query ($id: ID!) { company(id: $id) { supportDetails { supportedBy phone } } }"
        details = (await ask(partner.admin, query, id=account.company.id)).data["company"]["supportDetails"]
        reached = {"supportedBy": "OPERATOR", "phone": OLD["phone"]}
        alone = {"supportedBy": "PARTNER", "phone": None}
        assert (details, bool(handed["userErrors"]), bool(taken["userErrors"])) in (
            (reached, False, True),
            (alone, True, False),
        )
