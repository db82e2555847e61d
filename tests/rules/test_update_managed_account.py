"""A partner, and nobody else, changes a managed account's name, reference and support."""

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


async def update(client: Client, viewer: str | None, selection: str = ACCOUNT, **values: Any) -> dict[str, Any]:
    """Update an account and return the payload."""
    return await send(client, viewer, "updateManagedAccount", selection, **values)


async def test_partner_renames_an_account_V7_V14(client: Client, factory: Factory) -> None:
    """Given fields change, absent ones don't, and null clears the reference."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, name="Alpine", ref="CRM-7")

    renamed = await update(client, partner.admin, id=account.id, version=1, accountName="Alpine branch")
    cleared = await update(client, partner.admin, id=account.id, version=2, accountRef=None)
    untouched = await update(client, partner.admin, id=account.id, version=3)

    now = {"accountName": "Alpine branch", "accountRef": "CRM-7", "supportedBy": "PARTNER", "version": 2}
    assert {"managedAccount": now, "userErrors": []} == renamed
    assert {"managedAccount": {**now, "accountRef": None, "version": 3}, "userErrors": []} == cleared
    assert {"managedAccount": {**now, "accountRef": None, "version": 4}, "userErrors": []} == untouched


async def test_name_of_another_account_is_taken_V7(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The name of the partner's other account is refused. The account's own name, or another partner's, isn't."""
    partner, other = await factory.partner(), await factory.partner()
    account = await factory.managed_account(partner, name="Alpine")
    await factory.managed_account(partner, name="Baltic")
    await factory.managed_account(other, name="Celtic")
    before = await stored_rows(rules_engine)

    taken = await update(client, partner.admin, NAMED, id=account.id, version=1, accountName="Baltic")
    after = await stored_rows(rules_engine)
    own = await update(client, partner.admin, NAMED, id=account.id, version=1, accountName="Alpine")
    others = await update(client, partner.admin, NAMED, id=account.id, version=2, accountName="Celtic")

    assert {"managedAccount": None, "userErrors": [user_error("TAKEN", "accountName")]} == taken
    assert before == after
    assert {"managedAccount": {"accountName": "Alpine", "version": 2}, "userErrors": []} == own
    assert {"managedAccount": {"accountName": "Celtic", "version": 3}, "userErrors": []} == others


async def test_concurrent_renames_to_one_name_succeed_once_V7(client: Client, factory: Factory) -> None:
    """Of two accounts that are renamed to the same name concurrently, one gets it."""
    partner = await factory.partner()
    accounts = [await factory.managed_account(partner) for _ in range(4)]

    answers = await asyncio.gather(
        *(update(client, partner.admin, NAMED, id=account.id, version=1, accountName="Alpine") for account in accounts)
    )

    codes = Counter(problem["code"] for answer in answers for problem in answer["userErrors"])
    assert {"TAKEN": 3} == codes


async def test_support_details_follow_the_accounts_support_R106_R123_R124_V15(client: Client, factory: Factory) -> None:
    """The details name the account's new supporter. The account reads them while that is its partner."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    await factory.support_details(account.company, "PARTNER")

    to_operator = await update(client, partner.admin, id=account.id, version=1, supportedBy="OPERATOR")
    during, hidden = [await client(email, DETAILS, id=account.company.id) for email in (partner.admin, account.admin)]
    back = await update(client, partner.admin, id=account.id, version=2, supportedBy="PARTNER")
    shown = await client(account.admin, DETAILS, id=account.company.id)

    assert ["OPERATOR", "PARTNER"] == [each["managedAccount"]["supportedBy"] for each in (to_operator, back)]
    email = "help@sample.example"
    assert {"company": {"supportDetails": {"supportedBy": "OPERATOR", "email": email, "version": 2}}} == during.data
    assert {"company": {"supportDetails": None}} == hidden.data
    assert {"company": {"supportDetails": {"supportedBy": "PARTNER", "email": email, "version": None}}} == shown.data


async def test_operator_supports_no_account_without_contact_details_V15(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Without an email and a phone in its support details, an account stays with its partner."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    before = await stored_rows(rules_engine)

    answer = await update(client, partner.admin, id=account.id, version=1, supportedBy="OPERATOR")

    assert {"managedAccount": None, "userErrors": [user_error("REQUIRED", "supportedBy")]} == answer
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("name", ["accountName", "supportedBy"])
async def test_required_fields_are_not_null_V7(client: Client, factory: Factory, rules_engine: AsyncEngine, name: str) -> None:
    """The name and the supporter are never cleared."""
    nothing: dict[str, Any] = {name: None}
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    before = await stored_rows(rules_engine)

    answer = await update(client, partner.admin, id=account.id, version=1, **nothing)

    assert {"managedAccount": None, "userErrors": [user_error("REQUIRED", name)]} == answer
    assert before == await stored_rows(rules_engine)


async def test_administrators_of_the_partner_edit_an_account_V14_A43_V25(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A viewer that only reads the account can't edit it. For everyone else it doesn't exist."""
    partner, other, operator = await factory.partner(), await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner)
    readers = [
        (await factory.user(partner, role)).email for role in ("NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER")
    ]
    readers += [account.admin, operator.admin]
    sibling = await factory.managed_account(partner)
    strangers = [other.admin, sibling.admin, (await factory.company()).admin, None]
    before = await stored_rows(rules_engine)

    for mutation, values in (
        ("updateManagedAccount", {"accountName": "X"}),
        ("updateManagedAccountSettings", {"settings": {}}),
    ):
        by_readers = [await send(client, each, mutation, NAMED, id=account.id, version=1, **values) for each in readers]
        by_others = [await send(client, each, mutation, NAMED, id=account.id, version=1, **values) for each in strangers]
        assert [{"managedAccount": None, "userErrors": [user_error("FORBIDDEN", "id")]}] * 6 == by_readers
        assert [{"managedAccount": None, "userErrors": [user_error("NOT_FOUND", "id")]}] * 4 == by_others

    assert before == await stored_rows(rules_engine)


async def test_concurrent_edits_of_one_version_apply_once_V7(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Of eight concurrent edits based on the same version one is saved. The others get an error and store nothing."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)

    answers = await asyncio.gather(
        *(update(client, partner.admin, NAMED, id=account.id, version=1, accountName=f"Name {n}") for n in range(8))
    )

    (made,) = [answer["managedAccount"] for answer in answers if not answer["userErrors"]]
    refusals = [answer for answer in answers if answer["userErrors"]]
    assert [{"managedAccount": None, "userErrors": [user_error("CONFLICT", "version")]}] * 7 == refusals
    assert {"accountName": made["accountName"], "version": 2} == made
    assert [("updateManagedAccount", "managed_account")] == [event[:2] for event in await recorded_changes(rules_engine)]


async def test_change_is_audited_R105(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """One event has the account's change and one its support details' change, before and after."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, name="Alpine", ref="CRM-7")
    await factory.support_details(account.company, "PARTNER")

    values: dict[str, Any] = {"accountName": "Baltic", "accountRef": None, "supportedBy": "OPERATOR"}
    await update(client, partner.admin, id=account.id, version=1, **values)

    by = {"supported_by": ["PARTNER", "OPERATOR"], "version": [1, 2]}
    changes = {"account_name": ["Alpine", "Baltic"], "account_ref": ["CRM-7", None], **by}
    recorded = {table: (action, changed) for action, table, changed in await recorded_changes(rules_engine)}
    action = "updateManagedAccount"
    assert {"managed_account": (action, changes), "support_details": (action, by)} == recorded
    assert 2 == len(await recorded_changes(rules_engine))
