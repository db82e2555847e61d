"""The quoting tool: what ports and connections would cost, for roles that read prices, never for managed accounts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import ANONYMOUS, Client
from tests.factory import Company, Factory, Location
from tests.rules.answers import payload, redaction_at, response_of

QUOTE = """query ($input: QuoteInput!) { quote(input: $input) {
    lines {
        kind location { id } speedMbps termMonths monthlyRate { amount currency } setupFee { amount currency } problem
    }
    monthlyTotals { amount currency } setupTotals { amount currency }
} }"""
TOTALS = "query ($input: QuoteInput!) { quote(input: $input) { monthlyTotals { amount currency } } }"
SWITCHES = dict.fromkeys(("pricing", "chat_support", "dashboard", "company_profile", "order_approval"), True)


def port(location: Location, speed: int = 1_000, term: int = 12) -> dict[str, Any]:
    """Return a port as the input has it."""
    return {"locationId": location.id, "speedMbps": speed, "termMonths": term}


def connection(location: Location, limit: int = 500, term: int = 12) -> dict[str, Any]:
    """Return a connection as the input has it."""
    return {"locationId": location.id, "rateLimitMbps": limit, "termMonths": term}


def line(
    location: Location,
    kind: str,
    speed: int,
    rate: str | None,
    fee: str | None,
    problem: str | None = None,
    currency: str = "EUR",
) -> dict[str, Any]:
    """Return a line of the answer."""
    return {
        "kind": kind,
        "location": {"id": location.id},
        "speedMbps": speed,
        "termMonths": 12,
        "monthlyRate": rate and {"amount": rate, "currency": currency},
        "setupFee": fee and {"amount": fee, "currency": currency},
        "problem": problem,
    }


def withheld(reason: str) -> object:
    """Return the answer for a viewer without the quoting tool."""
    return payload({"quote": None}, redaction_at("quote", reason))


async def ready(factory: Factory, payer: Company) -> Location:
    """A location where ports have a price and the payer may order."""
    location = await factory.location()
    await factory.price(location)
    await factory.billing_market(payer)
    return location


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
async def test_ports_and_connections_are_quoted_R113(client: Client, factory: Factory, kind: str) -> None:
    """Each item is priced by location, speed and term. There is a total for each currency."""
    company = await factory.company(kind=kind)
    location, tokyo = await ready(factory, company), await factory.location(market="JP")
    await factory.billing_market(company, "JP")
    await factory.price(location, kind="CONNECTION", speed_mbps=500, monthly_rate=20_050, setup_fee=0)
    await factory.price(location, term_months=24, monthly_rate=1)
    await factory.price(tokyo, speed_mbps=10_000, monthly_rate=112_500, setup_fee=30_000, currency="JPY")

    selection = {"ports": [port(location), port(tokyo, 10_000)], "connections": [connection(location)]}
    answer = await client(company.admin, QUOTE, input=selection)

    expected = {
        "lines": [
            line(location, "PORT", 1_000, "300.00", "50.00"),
            line(tokyo, "PORT", 10_000, "112500", "30000", currency="JPY"),
            line(location, "CONNECTION", 500, "200.50", "0.00"),
        ],
        "monthlyTotals": [{"amount": "500.50", "currency": "EUR"}, {"amount": "112500", "currency": "JPY"}],
        "setupTotals": [{"amount": "50.00", "currency": "EUR"}, {"amount": "30000", "currency": "JPY"}],
    }
    assert payload({"quote": expected}) == response_of(answer)


@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"])
async def test_managed_account_has_no_quoting_tool_in_any_setting_R113(client: Client, factory: Factory, role: str) -> None:
    """No setting of its partner and no role gives a managed account a quote."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    await factory.setting(account, **SWITCHES)
    location = await ready(factory, partner)
    user = await factory.user(account.company, role)

    answer = await client(user.email, QUOTE, input={"ports": [port(location)]})

    assert withheld("NOT_FOR_MANAGED_ACCOUNTS") == response_of(answer)


async def test_managed_account_cannot_tell_what_could_be_quoted_R113_A21(client: Client, factory: Factory) -> None:
    """A managed account gets the same bytes for an item with a price, one without, and an invalid input."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, pricing=True)
    priced, other = await ready(factory, partner), await factory.location()

    bodies = {
        (await client(account.admin, QUOTE, input=selection)).body
        for selection in ({"ports": [port(priced)]}, {"ports": [port(other)]}, {"ports": [port(priced, 7, 7)]}, {})
    }

    assert 1 == len(bodies)


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"])
async def test_only_roles_that_read_prices_get_quotes_V23(client: Client, factory: Factory, kind: str, role: str) -> None:
    """ACCOUNT_ADMIN, FINANCE and VIEWER get quotes. For others the reason is ROLE_REQUIRED."""
    company = await factory.company(kind=kind)
    location = await ready(factory, company)
    user = await factory.user(company, role)

    answer = await client(user.email, TOTALS, input={"ports": [port(location)]})

    quoted = payload({"quote": {"monthlyTotals": [{"amount": "300.00", "currency": "EUR"}]}})
    expected = quoted if role in {"ACCOUNT_ADMIN", "FINANCE", "VIEWER"} else withheld("ROLE_REQUIRED")
    assert expected == response_of(answer)


async def test_anonymous_visitor_has_no_quoting_tool_R113_V24(client: Client, factory: Factory) -> None:
    """Visitors need to sign in. The operator's staff gets quotes."""
    location = await ready(factory, await factory.company())
    operator = await factory.operator()
    selection = {"ports": [port(location)]}

    visitor, staff = await client(ANONYMOUS, TOTALS, input=selection), await client(operator.admin, TOTALS, input=selection)

    assert withheld("SIGN_IN_REQUIRED") == response_of(visitor)
    assert payload({"quote": {"monthlyTotals": [{"amount": "300.00", "currency": "EUR"}]}}) == response_of(staff)


async def test_each_quote_of_an_operation_is_hidden_R113(client: Client, factory: Factory) -> None:
    """Each aliased quote is null, and the rest of the response is complete."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    query = """query ($input: QuoteInput!) {
        a: quote(input: $input) { lines { kind } } viewer { pricingVisible } b: quote(input: $input) { setupTotals { amount } }
    }"""

    answer = await client(account.admin, query, input={"ports": [port(await ready(factory, partner))]})

    reasons = [redaction_at(name, "NOT_FOR_MANAGED_ACCOUNTS") for name in ("a", "b")]
    assert payload({"a": None, "viewer": {"pricingVisible": False}, "b": None}, *reasons) == response_of(answer)


async def test_quote_names_what_prevents_an_order_R120_V12(client: Client, factory: Factory) -> None:
    """A location that isn't active, a speed it doesn't offer, a market that isn't enabled, or a missing price."""
    company = await factory.company()
    here = await ready(factory, company)
    closed, abroad = await factory.location(status="EXPIRED"), await factory.location(market="US")
    for place in (closed, abroad):
        await factory.price(place)
    places = [port(closed), port(here, 400_000), port(abroad), port(here, 10_000)]

    answer = await client(company.admin, QUOTE, input={"ports": places})

    lines = [
        line(closed, "PORT", 1_000, "300.00", "50.00", "LOCATION_NOT_ACTIVE"),
        line(here, "PORT", 400_000, None, None, "SPEED_NOT_OFFERED"),
        line(abroad, "PORT", 1_000, "300.00", "50.00", "MARKET_NOT_ENABLED"),
        line(here, "PORT", 10_000, None, None, "NOT_PRICED"),
    ]
    assert lines == answer.data["quote"]["lines"]
    assert [{"amount": "600.00", "currency": "EUR"}] == answer.data["quote"]["monthlyTotals"]


@pytest.mark.parametrize(
    ("change", "argument", "code"),
    [
        ({"locationId": "nobody"}, "input.ports.1.locationId", "INVALID_ID"),
        ({"speedMbps": 7}, "input.ports.1.speedMbps", "INVALID_QUOTE"),
        ({"termMonths": 13}, "input.ports.1.termMonths", "INVALID_QUOTE"),
    ],
)
async def test_invalid_items_are_named_by_their_path_R113_V7(
    client: Client, factory: Factory, change: dict[str, Any], argument: str, code: str
) -> None:
    """An item that can't be quoted is an error with its path in the input."""
    company = await factory.company()
    good = port(await ready(factory, company))

    answer = await client(company.admin, QUOTE, input={"ports": [good, {**good, **change}]})

    assert ({"quote": None}, [code]) == (answer.data, answer.codes)
    assert argument == answer.errors[0]["extensions"]["argument"]


async def test_rate_limits_are_tiers_and_locations_exist_R113(client: Client, factory: Factory) -> None:
    """A rate limit between two tiers is refused, and so is an unknown location."""
    company = await factory.company()
    here, gone = await ready(factory, company), await factory.location()
    await factory.delete(gone)

    between = await client(company.admin, QUOTE, input={"connections": [connection(here, 300)]})
    nowhere = await client(company.admin, QUOTE, input={"connections": [connection(here), connection(gone)]})

    arguments = [answer.errors[0]["extensions"] for answer in (between, nowhere)]
    assert [
        {"code": "INVALID_QUOTE", "argument": "input.connections.0.rateLimitMbps"},
        {"code": "INVALID_QUOTE", "argument": "input.connections.1.locationId"},
    ] == arguments


@pytest.mark.parametrize("number", [0, 51])
async def test_quote_size_is_limited_R113(client: Client, factory: Factory, number: int) -> None:
    """A quote has between 1 and 50 items, ports and connections together."""
    company = await factory.company()
    location = await ready(factory, company)
    selection = {"ports": [port(location)] * (number // 2), "connections": [connection(location)] * (number - number // 2)}

    refused = await client(company.admin, QUOTE, input=selection)
    most = await client(company.admin, TOTALS, input={"ports": [port(location)] * 50})

    assert (["INVALID_QUOTE"], "input") == (refused.codes, refused.errors[0]["extensions"]["argument"])
    assert payload({"quote": {"monthlyTotals": [{"amount": "15000.00", "currency": "EUR"}]}}) == response_of(most)


@pytest.mark.executors
async def test_quote_takes_a_fixed_number_of_statements_R113(client: Client, factory: Factory) -> None:
    """Fifty items take as many statements as one."""
    company = await factory.company()
    locations = [await ready(factory, company)] + [await factory.location() for _ in range(4)]

    counts = []
    for selection in (locations[:1], locations * 10):
        with client.counting() as statements:
            answer = await client(company.admin, QUOTE, input={"ports": [port(location) for location in selection]})
        counts.append((len(answer.data["quote"]["lines"]), len(statements)))

    assert [1, 50] == [lines for lines, _ in counts]
    assert 1 == len({statements for _, statements in counts})
