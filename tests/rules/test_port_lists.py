"""Lists of ports and of connection requests: the filters that pages use, for everyone who reads the rows (R029, V14)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from tests.client import Client
from tests.factory import Factory
from tests.rules.answers import ids

PORTS: Final = """query ($filter: PortFilter, $order: PortOrder, $first: Int, $last: Int, $after: String, $before: String) {
    ports(filter: $filter, orderBy: $order, first: $first, last: $last, after: $after, before: $before) {
        nodes { id } totalCount pageInfo { startCursor endCursor hasNextPage }
    }
}"""
BELOW: Final = """query ($id: ID!, $filter: PortFilter) { node(id: $id) { ... on Company {
    ports(filter: $filter) { nodes { id } totalCount }
} } }"""
REQUESTS: Final = """query ($filter: ConnectionRequestFilter) {
    connectionRequests(filter: $filter) { nodes { id } totalCount }
}"""
LAUNCH: Final = datetime(2026, 3, 1, tzinfo=UTC)


async def found(client: Client, viewer: str, query: str = PORTS, **filters: Any) -> dict[str, Any]:
    """Return what a filter finds."""
    answer = await client(viewer, query, filter=filters)
    assert [] == answer.errors
    (page,) = answer.data.values()
    return {"nodes": page["nodes"], "totalCount": page["totalCount"]}


async def test_values_of_a_filter_are_alternatives_and_filters_are_conditions_V14(client: Client, factory: Factory) -> None:
    """A port matches a filter with one of its values, in the list's order, each port once, and must match every filter."""
    company = await factory.company()
    berlin, paris = await factory.location(metro="Berlin"), await factory.location(metro="Paris")
    first = await factory.port(company, berlin, status="ACTIVE", speed_mbps=1_000)
    second = await factory.port(company, paris, status="DISABLED", speed_mbps=10_000)
    third = await factory.port(company, berlin, status="REQUESTED", speed_mbps=10_000)

    assert ids(first, second) == await found(client, company.admin, statuses=["DISABLED", "ACTIVE", "DISABLED"])
    assert ids(first, second, third) == await found(client, company.admin, locationIds=[paris.id, berlin.id])
    assert ids(first, third) == await found(client, company.admin, metros=["Berlin", "Nowhere"])
    assert ids(second, third) == await found(client, company.admin, speeds=[10_000, 100_000])
    assert ids(third) == await found(
        client, company.admin, speeds=[10_000], metros=["Berlin"], statuses=["REQUESTED", "ACTIVE"]
    )
    assert ids() == await found(client, company.admin, statuses=[])


async def test_times_of_a_filter_are_excluded_V14(client: Client, factory: Factory) -> None:
    """`createdAfter` and `createdBefore` are open ends, and the list is in the order of time."""
    company = await factory.company()
    late, early, launch = [await factory.port(company, created_at=LAUNCH + timedelta(days=days)) for days in (10, -10, 0)]
    at = LAUNCH.isoformat()

    assert ids(early) == await found(client, company.admin, createdBefore=at)
    assert ids(late) == await found(client, company.admin, createdAfter=at)
    assert ids(launch, late) == await found(client, company.admin, createdAfter=(LAUNCH - timedelta(days=1)).isoformat())


async def test_partner_lists_the_ports_of_one_account_V14(client: Client, factory: Factory) -> None:
    """`companyId` and `managedBy` narrow the list to an account and to all accounts, whoever reads them."""
    partner, other, operator = await factory.partner(), await factory.partner(), await factory.operator()
    one, two = (await factory.managed_account(partner)).company, (await factory.managed_account(partner)).company
    own, of_one, of_two = [await factory.port(company) for company in (partner, one, two)]
    await factory.port((await factory.managed_account(other)).company)

    assert ids(of_one) == await found(client, partner.admin, companyId=one.id)
    assert ids(of_one, of_two) == await found(client, partner.admin, managedBy=partner.id)
    assert ids(own) == await found(client, partner.admin, companyId=partner.id)
    assert ids(of_one, of_two) == await found(client, operator.admin, managedBy=partner.id)
    assert ids() == await found(client, other.admin, companyId=one.id)
    assert ids(of_two) == await found(client, two.admin, managedBy=partner.id)


async def test_ports_below_a_company_have_the_same_filters_V14(client: Client, factory: Factory) -> None:
    """A list below a company is narrowed like the one at the root."""
    company = await factory.company()
    active, ordered = await factory.port(company), await factory.port(company, status="REQUESTED")
    await factory.port(await factory.company(), status="REQUESTED")

    answers = [
        (await client(company.admin, BELOW, id=company.id, filter=each)).data["node"]["ports"]
        for each in ({"statuses": ["REQUESTED", "CANCELLED"]}, {"statuses": ["ACTIVE", "REQUESTED"]}, {"metros": ["Paris"]})
    ]

    assert [ids(ordered), ids(active, ordered), ids()] == answers


@pytest.mark.parametrize("order", [None, {"field": "NAME"}, {"field": "SPEED_MBPS", "direction": "DESC"}])
async def test_pages_of_several_values_join_without_gaps_V14(
    client: Client, factory: Factory, order: dict[str, str] | None
) -> None:
    """Page after page, forward and backward, the list is that of one page."""
    company = await factory.company()
    statuses = ["ACTIVE", "REQUESTED", "DISABLED"]
    for number in range(9):
        speed = [1_000, 10_000][number % 2]
        await factory.port(company, status=statuses[number % 3], name=f"Port {number * 7 % 9}", speed_mbps=speed)
    chosen = {"filter": {"statuses": statuses[:2]}, "order": order}
    whole = (await client(company.admin, PORTS, **chosen)).data["ports"]["nodes"]

    forward: list[Any] = []
    after = None
    while len(forward) < len(whole):
        page = (await client(company.admin, PORTS, **chosen, first=2, after=after)).data["ports"]
        forward, after = forward + page["nodes"], page["pageInfo"]["endCursor"]
    backward: list[Any] = []
    before = None
    while len(backward) < len(whole):
        page = (await client(company.admin, PORTS, **chosen, last=2, before=before)).data["ports"]
        backward, before = page["nodes"] + backward, page["pageInfo"]["startCursor"]

    assert 6 == len(whole)
    assert whole == forward == backward


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"speeds": list(range(101))}, "TOO_MANY_VALUES"),
        ({"locationIds": ["x"]}, "INVALID_ID"),
        ({"metros": ["a\0"]}, "INVALID_TEXT"),
    ],
)
async def test_invalid_values_are_refused_V14(client: Client, factory: Factory, filters: dict[str, Any], code: str) -> None:
    """A filter has at most 100 values, each of which is checked."""
    company = await factory.company()

    assert [code] == (await client(company.admin, PORTS, filter=filters)).codes


async def test_metro_of_a_port_follows_its_location_V14(client: Client, factory: Factory) -> None:
    """The database copies the metro, also when the location's changes."""
    company, location = await factory.company(), await factory.location(metro="Bonn")
    port = await factory.port(company, location)
    before = await found(client, company.admin, metros=["Bonn"])
    await factory.change(location, metro="Cologne")

    assert [ids(port), ids(), ids(port)] == [
        before,
        await found(client, company.admin, metros=["Bonn"]),
        await found(client, company.admin, metros=["Cologne"]),
    ]


async def test_provider_has_an_inbox_R029_V14_V16(client: Client, factory: Factory) -> None:
    """Each side and its partner list the requests, and can tell those received from those made."""
    partner, operator, stranger = await factory.partner(), await factory.operator(), await factory.company()
    customer, provider = await factory.company(), (await factory.managed_account(partner)).company
    ours, theirs = await factory.port(customer), await factory.port(provider, visibility="PUBLIC")
    waiting = await factory.connection_request(ours, theirs)
    denied = await factory.connection_request(ours, theirs, status="DENIED")
    sent = await factory.connection_request(theirs, ours)

    for viewer in (customer, provider, partner, operator):
        assert ids(waiting, denied, sent) == await found(client, viewer.admin, REQUESTS)
        assert ids(waiting, denied) == await found(client, viewer.admin, REQUESTS, providerId=provider.id)
        assert ids(sent) == await found(client, viewer.admin, REQUESTS, requesterId=provider.id)
        assert ids(waiting) == await found(client, viewer.admin, REQUESTS, providerId=provider.id, statuses=["PENDING"])
        assert ids(waiting, sent) == await found(client, viewer.admin, REQUESTS, status="PENDING")
    assert ids() == await found(client, stranger.admin, REQUESTS)
    assert ids() == await found(client, stranger.admin, REQUESTS, providerId=provider.id)


FACETS: Final = """query ($filter: PortFilter) { portFacets(filter: $filter) {
    totalCount statuses { status count } metros { metro count } speeds { speedMbps count }
} }"""


async def test_facets_count_what_the_list_has_V14(client: Client, factory: Factory) -> None:
    """Each viewer's facets count the ports of its list, and nobody else's, with one statement."""
    partner, operator = await factory.partner(), await factory.operator()
    company = (await factory.managed_account(partner)).company
    berlin, paris = await factory.location(metro="Berlin"), await factory.location(metro="Paris")
    for location, status, speed in (
        (paris, "ACTIVE", 10_000),
        (berlin, "ACTIVE", 1_000),
        (berlin, "REQUESTED", 1_000),
    ):
        await factory.port(company, location, status=status, speed_mbps=speed)
    await factory.port(await factory.company(), berlin, status="DISABLED")
    everything = {
        "totalCount": 3,
        "statuses": [{"status": "REQUESTED", "count": 1}, {"status": "ACTIVE", "count": 2}],
        "metros": [{"metro": "Berlin", "count": 2}, {"metro": "Paris", "count": 1}],
        "speeds": [{"speedMbps": 1_000, "count": 2}, {"speedMbps": 10_000, "count": 1}],
    }
    in_paris = {
        "totalCount": 1,
        "statuses": [{"status": "ACTIVE", "count": 1}],
        "metros": [{"metro": "Paris", "count": 1}],
        "speeds": [{"speedMbps": 10_000, "count": 1}],
    }
    nothing = {"totalCount": 0, "statuses": [], "metros": [], "speeds": []}

    with client.counting() as statements:
        own = await client(company.admin, FACETS)
    others = [await client(viewer, FACETS) for viewer in (partner.admin, None, (await factory.company()).admin)]
    narrowed = [await client(viewer.admin, FACETS, filter={"metros": ["Paris"]}) for viewer in (company, partner, operator)]

    assert 2 == len(statements)  # the other loads the viewer
    assert [everything, everything, nothing, nothing] == [each.data["portFacets"] for each in (own, *others)]
    assert [in_paris] * 3 == [each.data["portFacets"] for each in narrowed]


async def test_facets_by_a_hidden_price_are_refused_A16_R121(client: Client, factory: Factory) -> None:
    """A filter that a list refuses is refused for its counts, too. Without one, prices play no part."""
    account = await factory.managed_account(await factory.partner(), pricing=False)
    await factory.port(account.company)
    prices = {"monthlyRate": {"currency": "EUR", "atLeast": "1"}}

    refused, counted = [await client(account.company.admin, FACETS, filter=each) for each in (prices, None)]

    assert ["FORBIDDEN_FILTER"] == refused.codes
    assert 1 == counted.data["portFacets"]["totalCount"]


async def test_ports_below_a_company_can_be_filtered_by_price_V14(client: Client, factory: Factory) -> None:
    """A range of money means the same below a company as at the root."""
    company = await factory.company()
    cheap, dear = await factory.port(company, monthly_rate=10_000), await factory.port(company, monthly_rate=20_000)
    prices: dict[str, Any] = {"monthlyRate": {"currency": "EUR", "atLeast": "150.00"}}

    below = (await client(company.admin, BELOW, id=company.id, filter=prices)).data["node"]["ports"]

    assert ids(dear) == below == await found(client, company.admin, PORTS, **prices)
    assert ids(cheap, dear) == await found(client, company.admin)
