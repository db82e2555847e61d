"""Ports: for their company, its partner and the operator, with prices for viewers that can see them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import ANONYMOUS, Answer, Client
from tests.factory import Factory
from tests.rules.answers import ids, nodes, payload, redaction_at, response_of

FOUND = "query ($id: ID!) { node(id: $id) { id } ports { nodes { id } totalCount } }"
PRICES = "{ ports { nodes { id monthlyRate { amount currency } setupFee { amount currency } } } }"
MONTHLY = "{ ports { nodes { monthlyRate { amount } } } }"
BY_PRICE = "{ ports(orderBy: {field: MONTHLY_RATE}) { nodes { id } } }"
ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]
PRICE_ROLES = {"ACCOUNT_ADMIN", "FINANCE", "VIEWER"}
PRICED = {
    "monthlyRate": {"amount": "1250.00", "currency": "EUR"},
    "setupFee": {"amount": "500.00", "currency": "EUR"},
}
NARROWED = [
    pytest.param({"currency": "EUR"}, id="currency"),
    pytest.param({"currency": "EUR", "atLeast": "0.01"}, id="at least"),
    pytest.param({"currency": "EUR", "atMost": "99999"}, id="at most"),
]


def without_prices(reason: str, **found: str) -> dict[str, Any]:
    """Return the answer to PRICES with one port whose prices are both hidden."""
    redactions = [redaction_at(f"ports.nodes.*.{field}", reason) for field in ("monthlyRate", "setupFee")]
    return payload({"ports": nodes({**found, "monthlyRate": None, "setupFee": None})}, *redactions)


def refusal(answer: Answer) -> tuple[Any, list[tuple[str, str, str]]]:
    """Return the code of each error, its argument and the field."""
    told_by = [error["extensions"] for error in answer.errors]
    return answer.data, [(extensions["code"], extensions["argument"], extensions["field"]) for extensions in told_by]


@pytest.mark.parametrize("role", ROLES)
async def test_every_role_reads_its_companys_ports_V20_V23(client: Client, factory: Factory, role: str) -> None:
    """Each of a company's users reads its ports."""
    company = await factory.company()
    port = await factory.port(company)
    user = await factory.user(company, role)

    answer = await client(user.email, FOUND, id=port.id)

    assert payload({"node": {"id": port.id}, "ports": ids(port)}) == response_of(answer)


@pytest.mark.parametrize("caller", ["its account", "its partner", "the operator"])
async def test_account_partner_and_operator_read_a_managed_accounts_port_V14_V20(
    client: Client, factory: Factory, caller: str
) -> None:
    """The managed company, its partner and the operator read its port."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner)
    port = await factory.port(account.company)
    emails = {"its account": account.admin, "its partner": partner.admin, "the operator": operator.admin}

    answer = await client(emails[caller], FOUND, id=port.id)

    assert payload({"node": {"id": port.id}, "ports": ids(port)}) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_other_viewers_do_not_read_a_port_V20_V24(client: Client, factory: Factory, kind: str) -> None:
    """Another company's port is null by its id and missing from lists, without an error."""
    port = await factory.port((await factory.managed_account(await factory.partner())).company)
    email = await factory.admin_of_kind(kind)

    answer = await client(email, FOUND, id=port.id)

    assert payload({"node": None, "ports": ids()}) == response_of(answer)


async def test_managed_account_does_not_read_its_siblings_ports_V14(client: Client, factory: Factory) -> None:
    """Two accounts of one partner read nothing of each other. Their partner reads both."""
    partner = await factory.partner()
    first, second = await factory.managed_account(partner), await factory.managed_account(partner)
    ours, theirs = await factory.port(first.company), await factory.port(second.company)

    by_first, by_partner = await client(first.admin, FOUND, id=theirs.id), await client(partner.admin, FOUND, id=theirs.id)

    assert payload({"node": None, "ports": ids(ours)}) == response_of(by_first)
    assert payload({"node": {"id": theirs.id}, "ports": ids(ours, theirs)}) == response_of(by_partner)


async def test_port_has_its_fields_R030(client: Client, factory: Factory) -> None:
    """A port's company reads its location, its properties and its visibility."""
    company = await factory.company()
    port = await factory.port(
        company, name="Rack 7", status="REQUESTED", visibility="PUBLIC", cost_centre="4711", speed_mbps=10_000, term_months=36
    )
    query = """{ ports { nodes {
        name company { id } location { id } speedMbps termMonths status visibility costCentre activatedAt
    } } }"""

    answer = await client(company.admin, query)

    facts = {
        "name": "Rack 7",
        "company": {"id": company.id},
        "location": {"id": port.location.id},
        "speedMbps": 10000,
        "termMonths": 36,
        "status": "REQUESTED",
        "visibility": "PUBLIC",
        "costCentre": "4711",
        "activatedAt": None,
    }
    assert payload({"ports": nodes(facts)}) == response_of(answer)


@pytest.mark.parametrize("role", ROLES)
async def test_prices_are_hidden_from_a_managed_account_by_default_R121_V23(
    client: Client, factory: Factory, role: str
) -> None:
    """Without a partner's setting, no role of a managed account sees prices. Its partner sees them."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    port = await factory.port(account.company)
    user = await factory.user(account.company, role)

    managed, own = await client(user.email, PRICES), await client(partner.admin, PRICES)

    assert without_prices("HIDDEN_BY_PARTNER", id=port.id) == response_of(managed)
    assert payload({"ports": nodes({"id": port.id, **PRICED})}) == response_of(own)


async def test_prices_appear_with_the_next_request_R122(client: Client, factory: Factory) -> None:
    """A managed account sees prices from the moment its partner shows them until it hides them again."""
    account = await factory.managed_account(await factory.partner(), pricing=False)
    port = await factory.port(account.company)

    before = await client(account.admin, PRICES)
    await factory.setting(account, pricing=True)
    shown = await client(account.admin, PRICES)
    await factory.setting(account, pricing=None)
    after = await client(account.admin, PRICES)

    assert without_prices("HIDDEN_BY_PARTNER", id=port.id) == response_of(before)
    assert payload({"ports": nodes({"id": port.id, **PRICED})}) == response_of(shown)
    assert before.body == after.body


@pytest.mark.parametrize("status", ["REQUESTED", "ALLOCATED", "ACTIVE", "DISABLED", "DECOMMISSIONED", "CANCELLED"])
async def test_prices_are_hidden_in_every_port_status_R122(client: Client, factory: Factory, status: str) -> None:
    """From REQUESTED on, in every status, a port's prices stay hidden unless the partner shows them."""
    account = await factory.managed_account(await factory.partner())
    port = await factory.port(account.company, status=status)

    answer = await client(account.admin, PRICES)

    assert without_prices("HIDDEN_BY_PARTNER", id=port.id) == response_of(answer)


async def test_prices_of_one_account_do_not_affect_its_siblings_R122_V2(client: Client, factory: Factory) -> None:
    """An override shows prices to its own account only."""
    partner = await factory.partner()
    shown, not_shown = await factory.managed_account(partner, pricing=True), await factory.managed_account(partner)
    ports = [await factory.port(account.company) for account in (shown, not_shown)]

    answers = [response_of(await client(account.admin, PRICES)) for account in (shown, not_shown)]

    first, second = ports
    expected = [
        payload({"ports": nodes({"id": first.id, **PRICED})}),
        without_prices("HIDDEN_BY_PARTNER", id=second.id),
    ]
    assert expected == answers


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
async def test_only_some_roles_read_prices_V23(client: Client, factory: Factory, kind: str, role: str) -> None:
    """Account administrators, finance and viewers read prices. Network administrators and editors read the rest."""
    account = await factory.managed_account(await factory.partner(), pricing=True)
    company = account.company if kind == "MANAGED" else await factory.company(kind=kind)
    port = await factory.port(company)
    user = await factory.user(company, role)

    answer = await client(user.email, PRICES)

    read = payload({"ports": nodes({"id": port.id, **PRICED})})
    assert (read if role in PRICE_ROLES else without_prices("ROLE_REQUIRED", id=port.id)) == response_of(answer)


async def test_one_role_that_reads_prices_is_enough_V23_A43(client: Client, factory: Factory) -> None:
    """With several roles, a user has the rights of all of them."""
    company = await factory.company()
    port = await factory.port(company)
    user = await factory.user(company, "NETWORK_ADMIN", "FINANCE")

    answer = await client(user.email, PRICES)

    assert payload({"ports": nodes({"id": port.id, **PRICED})}) == response_of(answer)


async def test_response_does_not_depend_on_a_hidden_price_R121_A16(client: Client, factory: Factory) -> None:
    """A managed account gets the same bytes whatever its port costs, zero included."""
    account = await factory.managed_account(await factory.partner())
    port = await factory.port(account.company, monthly_rate=1)

    bodies = []
    for rate in (1, 125_000, 0):
        await factory.change(port, monthly_rate=rate)
        bodies.append((await client(account.admin, PRICES)).body)

    assert [bodies[0]] * 3 == bodies


async def test_ports_are_not_sorted_by_hidden_prices_A16(client: Client, factory: Factory) -> None:
    """A managed account can't sort by price until its partner shows prices."""
    account = await factory.managed_account(await factory.partner())
    dear = await factory.port(account.company, monthly_rate=200)
    cheap = await factory.port(account.company, monthly_rate=100)

    refused = await client(account.admin, BY_PRICE)
    await factory.setting(account, pricing=True)
    allowed = await client(account.admin, BY_PRICE)

    assert (None, [("FORBIDDEN_ORDER", "orderBy", "MONTHLY_RATE")]) == refusal(refused)
    assert payload({"ports": nodes({"id": cheap.id}, {"id": dear.id})}) == response_of(allowed)


@pytest.mark.parametrize("bounds", NARROWED)
async def test_ports_are_not_filtered_by_hidden_prices_A16(client: Client, factory: Factory, bounds: dict[str, str]) -> None:
    """A managed account can't filter by price, with any bound, until its partner shows prices."""
    account = await factory.managed_account(await factory.partner())
    port = await factory.port(account.company)
    query = "query ($bounds: MoneyRange!) { ports(filter: {monthlyRate: $bounds}) { nodes { id } totalCount } }"

    refused = await client(account.admin, query, bounds=bounds)
    await factory.setting(account, pricing=True)
    allowed = await client(account.admin, query, bounds=bounds)

    assert (None, ["FORBIDDEN_FILTER"]) == (refused.data, refused.codes)
    assert payload({"ports": ids(port)}) == response_of(allowed)


@pytest.mark.parametrize("role", ROLES)
async def test_roles_without_prices_do_not_sort_by_them_A16_V23(client: Client, factory: Factory, role: str) -> None:
    """A role that can't read a field can't sort by it either. It can sort by other fields."""
    company = await factory.company()
    port = await factory.port(company)
    user = await factory.user(company, role)

    by_price = await client(user.email, BY_PRICE)
    by_name = await client(user.email, "{ ports(orderBy: {field: NAME, direction: DESC}) { nodes { id } } }")

    found = payload({"ports": nodes({"id": port.id})})
    if role in PRICE_ROLES:
        assert found == response_of(by_price)
    else:
        assert (None, [("FORBIDDEN_ORDER", "orderBy", "MONTHLY_RATE")]) == refusal(by_price)
    assert found == response_of(by_name)


async def test_refusal_does_not_depend_on_the_data_A16_A21(client: Client, factory: Factory) -> None:
    """Sorting by hidden prices gets the same error with and without ports."""
    account = await factory.managed_account(await factory.partner())

    without = await client(account.admin, BY_PRICE)
    await factory.port(account.company)
    with_one = await client(account.admin, BY_PRICE)

    assert without.body == with_one.body


async def test_visitor_does_not_sort_by_prices_A16(client: Client) -> None:
    """An anonymous visitor sees no port's price and can't sort by it."""
    answer = await client(ANONYMOUS, BY_PRICE)

    assert (None, [("FORBIDDEN_ORDER", "orderBy", "MONTHLY_RATE")]) == refusal(answer)


async def test_partner_always_sees_prices_of_its_accounts_A17(client: Client, factory: Factory) -> None:
    """A partner reads, sorts and filters by the prices that it hides from its accounts."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, pricing=False)
    await factory.defaults(partner, pricing=False)
    dear = await factory.port(account.company, monthly_rate=200)
    cheap = await factory.port(partner, monthly_rate=100)
    query = """{ ports(orderBy: {field: MONTHLY_RATE}, filter: {monthlyRate: {currency: "EUR", atMost: "2.00"}}) {
        nodes { id monthlyRate { amount } }
    } }"""

    answer = await client(partner.admin, query)

    read = nodes({"id": cheap.id, "monthlyRate": {"amount": "1.00"}}, {"id": dear.id, "monthlyRate": {"amount": "2.00"}})
    assert payload({"ports": read}) == response_of(answer)


async def test_prices_are_exact_in_their_currencys_units_R121(client: Client, factory: Factory) -> None:
    """An amount is in major units with all its digits. Yen have no minor unit."""
    company = await factory.company()
    await factory.port(company, monthly_rate=123_456_789, currency="EUR")
    await factory.port(company, monthly_rate=125_000, currency="JPY")

    answer = await client(company.admin, MONTHLY)

    amounts = [{"monthlyRate": {"amount": amount}} for amount in ("1234567.89", "125000")]
    assert payload({"ports": nodes(*amounts)}) == response_of(answer)


async def test_managed_viewer_does_not_read_its_ports_marketplace_name_R002_R033_R116(client: Client, factory: Factory) -> None:
    """A port's Marketplace name and description are part of the profile: hidden from the account, visible to its partner."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, company_profile=True, pricing=True)
    await factory.port(account.company, marketplace_name="Onramp", marketplace_description="Fast.")
    query = "{ ports { nodes { marketplaceName marketplaceDescription } } }"

    managed, own = await client(account.admin, query), await client(partner.admin, query)

    fields = ("marketplaceName", "marketplaceDescription")
    redactions = [redaction_at(f"ports.nodes.*.{field}", "NOT_FOR_MANAGED_ACCOUNTS") for field in fields]
    assert payload({"ports": nodes(dict.fromkeys(fields))}, *redactions) == response_of(managed)
    announced = {"marketplaceName": "Onramp", "marketplaceDescription": "Fast."}
    assert payload({"ports": nodes(announced)}) == response_of(own)
