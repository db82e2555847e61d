"""Managed accounts are renamed, referred to and handed over by their partner, and by nobody else."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client
from tests.factory import Factory
from tests.rules.mutations import recorded_changes, send, stored_rows, user_error

ACCOUNT: Final = "managedAccount { accountName accountRef supportedBy version }"
NAMED: Final = "managedAccount { accountName version }"
DETAILS: Final = "query ($id: ID!) { company(id: $id) { supportDetails { supportedBy email version } } }"


async def update(ask: Client, viewer: str | None, selection: str = ACCOUNT, **values: Any) -> dict[str, Any]:
    """What comes of a change of an account."""
    return await send(ask, viewer, "updateManagedAccount", selection, **values)


async def test_partner_renames_an_account_V7_V14(ask: Client, given: Factory) -> None:
    """What is given changes, what is left out stays, and null takes the reference away."""
    partner = await given.partner()
    account = await given.managed_account(partner, name="Alpine", ref="CRM-7")

    renamed = await update(ask, partner.admin, id=account.id, version=1, accountName="Alpine branch")
    cleared = await update(ask, partner.admin, id=account.id, version=2, accountRef=None)
    untouched = await update(ask, partner.admin, id=account.id, version=3)

    now = {"accountName": "Alpine branch", "accountRef": "CRM-7", "supportedBy": "PARTNER", "version": 2}
    assert {"managedAccount": now, "userErrors": []} == renamed
    assert {"managedAccount": {**now, "accountRef": None, "version": 3}, "userErrors": []} == cleared
    assert {"managedAccount": {**now, "accountRef": None, "version": 4}, "userErrors": []} == untouched


async def test_name_of_another_account_is_taken_V7(ask: Client, given: Factory, rules_engine: AsyncEngine) -> None:
    """A name that another account of the partner has is refused; its own, and that of another partner's account, is not."""
    partner, other = await given.partner(), await given.partner()
    account = await given.managed_account(partner, name="Alpine")
    await given.managed_account(partner, name="Baltic")
    await given.managed_account(other, name="Celtic")
    before = await stored_rows(rules_engine)

    taken = await update(ask, partner.admin, NAMED, id=account.id, version=1, accountName="Baltic")
    after = await stored_rows(rules_engine)
    own = await update(ask, partner.admin, NAMED, id=account.id, version=1, accountName="Alpine")
    others = await update(ask, partner.admin, NAMED, id=account.id, version=2, accountName="Celtic")

    assert {"managedAccount": None, "userErrors": [user_error("TAKEN", "accountName")]} == taken
    assert before == after
    assert {"managedAccount": {"accountName": "Alpine", "version": 2}, "userErrors": []} == own
    assert {"managedAccount": {"accountName": "Celtic", "version": 3}, "userErrors": []} == others


async def test_two_who_take_one_name_at_once_V7(ask: Client, given: Factory) -> None:
    """Of two accounts that get the same name at the same moment one has it."""
    partner = await given.partner()
    accounts = [await given.managed_account(partner) for _ in range(4)]

    answers = await asyncio.gather(
        *(update(ask, partner.admin, NAMED, id=account.id, version=1, accountName="Alpine") for account in accounts)
    )

    codes = Counter(problem["code"] for answer in answers for problem in answer["userErrors"])
    assert {"TAKEN": 3} == codes


async def test_account_is_handed_over_with_its_details_R106_R123_R124_V15(ask: Client, given: Factory) -> None:
    """Whoever supports the account, its details say so, and the account reads them while its partner does."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    await given.support_details(account.company, "PARTNER")

    to_operator = await update(ask, partner.admin, id=account.id, version=1, supportedBy="OPERATOR")
    during, hidden = [await ask(email, DETAILS, id=account.company.id) for email in (partner.admin, account.admin)]
    back = await update(ask, partner.admin, id=account.id, version=2, supportedBy="PARTNER")
    shown = await ask(account.admin, DETAILS, id=account.company.id)

    assert ["OPERATOR", "PARTNER"] == [each["managedAccount"]["supportedBy"] for each in (to_operator, back)]
    email = "help@sample.example"
    assert {"company": {"supportDetails": {"supportedBy": "OPERATOR", "email": email, "version": 2}}} == during.data
    assert {"company": {"supportDetails": None}} == hidden.data
    assert {"company": {"supportDetails": {"supportedBy": "PARTNER", "email": email, "version": None}}} == shown.data


async def test_operator_takes_no_account_that_it_cannot_reach_V15(
    ask: Client, given: Factory, rules_engine: AsyncEngine
) -> None:
    """Without e-mail address and phone of its support details an account stays with its partner."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    before = await stored_rows(rules_engine)

    answer = await update(ask, partner.admin, id=account.id, version=1, supportedBy="OPERATOR")

    assert {"managedAccount": None, "userErrors": [user_error("REQUIRED", "supportedBy")]} == answer
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("name", ["accountName", "supportedBy"])
async def test_what_an_account_needs_cannot_be_null_V7(
    ask: Client, given: Factory, rules_engine: AsyncEngine, name: str
) -> None:
    """A name and who supports it are never taken away."""
    nothing: dict[str, Any] = {name: None}
    partner = await given.partner()
    account = await given.managed_account(partner)
    before = await stored_rows(rules_engine)

    answer = await update(ask, partner.admin, id=account.id, version=1, **nothing)

    assert {"managedAccount": None, "userErrors": [user_error("REQUIRED", name)]} == answer
    assert before == await stored_rows(rules_engine)


async def test_account_is_run_by_administrators_of_its_partner_V14_A43_V25(
    ask: Client, given: Factory, rules_engine: AsyncEngine
) -> None:
    """Whoever reads the account and no more may not change it; for everybody else it is not there."""
    partner, other, operator = await given.partner(), await given.partner(), await given.operator()
    account = await given.managed_account(partner)
    readers = [(await given.user(partner, role)).email for role in ("NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER")]
    readers += [account.admin, operator.admin]
    sibling = await given.managed_account(partner)
    strangers = [other.admin, sibling.admin, (await given.company()).admin, None]
    before = await stored_rows(rules_engine)

    for mutation, values in (
        ("updateManagedAccount", {"accountName": "X"}),
        ("updateManagedAccountSettings", {"settings": {}}),
    ):
        by_readers = [await send(ask, each, mutation, NAMED, id=account.id, version=1, **values) for each in readers]
        by_others = [await send(ask, each, mutation, NAMED, id=account.id, version=1, **values) for each in strangers]
        assert [{"managedAccount": None, "userErrors": [user_error("FORBIDDEN", "id")]}] * 6 == by_readers
        assert [{"managedAccount": None, "userErrors": [user_error("NOT_FOUND", "id")]}] * 4 == by_others

    assert before == await stored_rows(rules_engine)


async def test_of_many_edits_of_one_version_one_is_made_V7(ask: Client, given: Factory, rules_engine: AsyncEngine) -> None:
    """Of eight who change what they read at the same moment one does; the others are told, and nothing of theirs is stored."""
    partner = await given.partner()
    account = await given.managed_account(partner)

    answers = await asyncio.gather(
        *(update(ask, partner.admin, NAMED, id=account.id, version=1, accountName=f"Name {n}") for n in range(8))
    )

    (made,) = [answer["managedAccount"] for answer in answers if not answer["userErrors"]]
    refusals = [answer for answer in answers if answer["userErrors"]]
    assert [{"managedAccount": None, "userErrors": [user_error("CONFLICT", "version")]}] * 7 == refusals
    assert {"accountName": made["accountName"], "version": 2} == made
    assert [("updateManagedAccount", "managed_account")] == [event[:2] for event in await recorded_changes(rules_engine)]


async def test_a_change_is_recorded_whole_R105(ask: Client, given: Factory, rules_engine: AsyncEngine) -> None:
    """One event of the account and one of its support details, before and after."""
    partner = await given.partner()
    account = await given.managed_account(partner, name="Alpine", ref="CRM-7")
    await given.support_details(account.company, "PARTNER")

    values: dict[str, Any] = {"accountName": "Baltic", "accountRef": None, "supportedBy": "OPERATOR"}
    await update(ask, partner.admin, id=account.id, version=1, **values)

    by = {"supported_by": ["PARTNER", "OPERATOR"], "version": [1, 2]}
    changes = {"account_name": ["Alpine", "Baltic"], "account_ref": ["CRM-7", None], **by}
    recorded = {table: (action, changed) for action, table, changed in await recorded_changes(rules_engine)}
    action = "updateManagedAccount"
    assert {"managed_account": (action, changes), "support_details": (action, by)} == recorded
    assert 2 == len(await recorded_changes(rules_engine))
