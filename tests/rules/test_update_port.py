"""Network roles change a port's name, cost centre, term and visibility, but never its speed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client
from tests.factory import Company, Factory, Port
from tests.rules.mutations import recorded_changes, send, stored_rows, user_error

PORT = "port { name costCentre termMonths visibility version monthlyRate { amount } setupFee { amount } }"
VERSION = "query ($id: ID!) { node(id: $id) { ... on Port { version } } }"
ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]
KEEPERS = ("ACCOUNT_ADMIN", "NETWORK_ADMIN")
KEPT = {"name": "Core", "costCentre": "CC-1", "termMonths": 12, "visibility": "PRIVATE", "version": 2}
PRICES = {"monthlyRate": {"amount": "1250.00"}, "setupFee": {"amount": "500.00"}}


async def port_of(factory: Factory, company: Company, **values: Any) -> Port:
    """Create a company's port as each test starts with it."""
    return await factory.port(company, **{"name": "Core", "cost_centre": "CC-1", **values})


@pytest.mark.parametrize(
    ("values", "changed"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"name": " Edge "}, {"name": "Edge"}, id="name"),
        pytest.param({"costCentre": "CC-2"}, {"costCentre": "CC-2"}, id="cost centre"),
        pytest.param({"costCentre": None}, {"costCentre": None}, id="no cost centre"),
        pytest.param({"costCentre": " "}, {"costCentre": None}, id="blank cost centre"),
        pytest.param({"visibility": "PUBLIC"}, {"visibility": "PUBLIC"}, id="visibility"),
        pytest.param({"termMonths": 12}, {}, id="the same term"),
        pytest.param({"termMonths": 24}, {"termMonths": 24, "monthlyRate": {"amount": "300.00"}}, id="term"),
    ],
)
async def test_given_fields_change_R031_V7(client: Client, factory: Factory, values: Any, changed: Any) -> None:
    """Absent fields don't. A new term changes the monthly rate to the list price, but not the setup fee."""
    company = await factory.company()
    port = await port_of(factory, company)
    await factory.price(port.location, term_months=24)

    answer = await send(client, company.admin, "updatePort", PORT, id=port.id, version=1, **values)

    assert {"port": {**KEPT, **PRICES, **changed}, "userErrors": []} == answer


@pytest.mark.parametrize("status", ["REQUESTED", "ALLOCATED", "ACTIVE", "DISABLED", "DECOMMISSIONED", "CANCELLED"])
async def test_visibility_may_always_change_and_term_until_the_end_R031_A44(
    client: Client, factory: Factory, status: str
) -> None:
    """Name, cost centre and visibility can change in every status, the term only until the port has ended."""
    company = await factory.company()
    port = await port_of(factory, company, status=status)
    await factory.price(port.location, term_months=1)
    change = {"id": port.id, "name": "Edge", "costCentre": "CC-2", "visibility": "PUBLIC"}

    term = await send(client, company.admin, "updatePort", PORT, id=port.id, version=1, termMonths=1)
    ended = status in ("DECOMMISSIONED", "CANCELLED")
    rest = await send(client, company.admin, "updatePort", "port { name visibility }", version=1 if ended else 2, **change)

    assert ([user_error("ILLEGAL_STEP", "termMonths")] if ended else []) == term["userErrors"]
    assert {"port": {"name": "Edge", "visibility": "PUBLIC"}, "userErrors": []} == rest


async def test_all_errors_are_reported_at_once_V7_V1(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Each error has its path, and nothing is changed."""
    account = await factory.managed_account(await factory.partner())
    port = await port_of(factory, account.company)
    before = await stored_rows(rules_engine)
    wrong = {"name": "x" * 65, "costCentre": "a\0", "termMonths": 60, "visibility": "PUBLIC"}
    nulls = {"name": None, "termMonths": None, "visibility": None}

    answer = await send(client, account.admin, "updatePort", "port { id }", id=port.id, version=7, **wrong)
    taken = await send(client, account.admin, "updatePort", "port { id }", id=port.id, version=1, **nulls)
    no_term = await send(client, account.admin, "updatePort", "port { id }", id=port.id, version=1, termMonths=13)

    problems = [("TOO_LONG", "name"), ("INVALID_TEXT", "costCentre"), ("FORBIDDEN", "visibility")]
    problems += [("INVALID_VALUE", "termMonths"), ("CONFLICT", "version")]
    assert {"port": None, "userErrors": [user_error(*problem) for problem in problems]} == answer
    assert {"port": None, "userErrors": [user_error("REQUIRED", name) for name in nulls]} == taken
    assert {"port": None, "userErrors": [user_error("INVALID_VALUE", "termMonths")]} == no_term
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("role", ROLES)
async def test_only_some_roles_change_a_port_A43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, role: str
) -> None:
    """Account and network administrators change a port and read its version. Others read the port."""
    company = await factory.company()
    port, user = await factory.port(company), await factory.user(company, role)
    before = await stored_rows(rules_engine)

    version = await client(user.email, VERSION, id=port.id)
    answer = await send(client, user.email, "updatePort", "port { name }", id=port.id, version=1, name="Edge")

    may = role in KEEPERS
    assert {"node": {"version": 1 if may else None}} == version.data
    assert ([] if may else ["ROLE_REQUIRED"]) == [redaction.reason for redaction in version.redactions]
    assert ([] if may else [user_error("FORBIDDEN", "id")]) == answer["userErrors"]
    assert may == (before != await stored_rows(rules_engine))


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        pytest.param("its partner", None, id="its partner"),
        pytest.param("the operator", "FORBIDDEN", id="the operator"),
        pytest.param("another account", "NOT_FOUND", id="another account"),
        pytest.param("another partner", "NOT_FOUND", id="another partner"),
        pytest.param("a stranger", "NOT_FOUND", id="a stranger"),
        pytest.param("a visitor", "NOT_FOUND", id="a visitor"),
    ],
)
async def test_company_and_partner_change_a_port_V14_V20_A21(
    client: Client, factory: Factory, rules_engine: AsyncEngine, caller: str, code: str | None
) -> None:
    """The operator reads it but can't change it. For all others it's not found, public or not."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner)
    port = await factory.port(account.company, visibility="PUBLIC")
    await factory.profile(account.company)
    emails = {
        "its partner": partner.admin,
        "the operator": operator.admin,
        "another account": (await factory.managed_account(partner)).admin,
        "another partner": (await factory.partner()).admin,
        "a stranger": (await factory.company()).admin,
        "a visitor": None,
    }
    before = await stored_rows(rules_engine)

    answer = await send(client, emails[caller], "updatePort", "port { name }", id=port.id, version=1, name="Edge")

    assert ([] if code is None else [user_error(code, "id")]) == answer["userErrors"]
    assert (code is None) == (before != await stored_rows(rules_engine))


async def test_managed_user_does_not_change_visibility_and_its_partner_does_V1_R116(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Neither to PUBLIC nor back. Sending the current value isn't a change."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, pricing=True, company_profile=True)
    hidden = await port_of(factory, account.company)
    public = await port_of(factory, account.company, visibility="PUBLIC")
    before = await stored_rows(rules_engine)

    shown = await send(client, account.admin, "updatePort", "port { id }", id=hidden.id, version=1, visibility="PUBLIC")
    unshown = await send(client, account.admin, "updatePort", "port { id }", id=public.id, version=1, visibility="PRIVATE")
    unchanged = before == await stored_rows(rules_engine)
    same = await send(client, account.admin, "updatePort", "port { id }", id=hidden.id, version=1, visibility="PRIVATE")
    acting = await send(
        client, partner.admin, "updatePort", "port { visibility }", id=hidden.id, version=2, visibility="PUBLIC"
    )

    assert {"port": None, "userErrors": [user_error("FORBIDDEN", "visibility")]} == shown == unshown
    assert unchanged
    assert {"port": {"id": hidden.id}, "userErrors": []} == same
    assert {"port": {"visibility": "PUBLIC"}, "userErrors": []} == acting


async def test_partner_changes_the_term_if_it_approves_orders_V13(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A managed user can't avoid the approval by ordering a different term and then changing it."""
    partner = await factory.partner()
    free, bound = await factory.managed_account(partner), await factory.managed_account(partner, order_approval=True)
    mine, theirs = await port_of(factory, free.company), await port_of(factory, bound.company)
    for port in (mine, theirs):
        await factory.price(port.location, term_months=60)
    change = {"version": 1, "termMonths": 60}

    allowed = await send(client, free.admin, "updatePort", "port { termMonths }", id=mine.id, **change)
    before = await stored_rows(rules_engine)
    denied = await send(client, bound.admin, "updatePort", "port { termMonths }", id=theirs.id, **change)
    unchanged = await stored_rows(rules_engine)
    same = await send(client, bound.admin, "updatePort", "port { name }", id=theirs.id, version=1, name="Edge", termMonths=12)
    by_partner = await send(client, partner.admin, "updatePort", "port { termMonths }", id=theirs.id, version=2, termMonths=60)

    assert {"port": {"termMonths": 60}, "userErrors": []} == allowed == by_partner
    assert {"port": None, "userErrors": [user_error("FORBIDDEN", "termMonths")]} == denied
    assert before == unchanged
    assert {"port": {"name": "Edge"}, "userErrors": []} == same


@pytest.mark.parametrize("shown", [False, True])
async def test_prices_are_hidden_in_the_payload_of_a_term_change_R121_R122(
    client: Client, factory: Factory, shown: bool
) -> None:
    """The payload has the price for the account only if its partner shows prices. The port gets the new price either way."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, pricing=shown)
    port = await port_of(factory, account.company)
    await factory.price(port.location, term_months=60)

    answer = await send(
        client, account.admin, "updatePort", "port { monthlyRate { amount } }", id=port.id, version=1, termMonths=60
    )
    name = await send(
        client, account.admin, "updatePort", "port { monthlyRate { amount } }", id=port.id, version=2, name="Edge"
    )
    by_partner = await send(client, partner.admin, "updatePort", "port { monthlyRate { amount } }", id=port.id, version=3)

    price = {"port": {"monthlyRate": {"amount": "300.00"}}, "userErrors": []}
    assert price == by_partner
    assert (price if shown else {"port": {"monthlyRate": None}, "userErrors": []}) == answer == name


@pytest.mark.parametrize("own", [None, "Peering in Berlin"])
async def test_rename_keeps_the_name_on_the_marketplace_R032_R034_A6(client: Client, factory: Factory, own: str | None) -> None:
    """That holds for a port with its own Marketplace name and for one listed by company and location."""
    company = await factory.company()
    await factory.profile(company, name="Sample Networks")
    port = await port_of(factory, company, visibility="PUBLIC", marketplace_name=own)

    await send(client, company.admin, "updatePort", "port { name }", id=port.id, version=1, name="Renamed")
    answer = await client(None, "{ marketplacePorts { nodes { name } } }")

    expected = own or f"Sample Networks at {port.location.name}"
    assert {"marketplacePorts": {"nodes": [{"name": expected}]}} == answer.data


async def test_concurrent_changes_of_one_version_apply_once_V7(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Concurrent or consecutive, no change is overwritten silently."""
    company = await factory.company()
    port = await factory.port(company)
    names = [f"Name {number}" for number in range(6)]

    answers = await asyncio.gather(
        *(send(client, company.admin, "updatePort", "port { name }", id=port.id, version=1, name=name) for name in names)
    )

    done = [answer for answer in answers if answer["port"]]
    assert [{"port": None, "userErrors": [user_error("CONFLICT", "version")]}] * 5 == [
        one for one in answers if one not in done
    ]
    assert ["updatePort"] == [action for action, _, _ in await recorded_changes(rules_engine)]
    assert done[0]["port"]["name"] in (await stored_rows(rules_engine))["port"][0]
