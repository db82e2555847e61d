"""Search by name: rows are found by words of their names, as far as policy shows them (V14)."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.client import ANONYMOUS, Client
from tests.factory import Factory
from tests.rules.answers import ids

FOUND: Final = "{{ {}(filter: {{search: {}}}) {{ nodes {{ id }} totalCount }} }}"


async def found(client: Client, viewer: str | None, connection: str, words: str) -> dict[str, Any]:
    """Return what a viewer finds."""
    answer = await client(viewer, f"query ($words: String!) {FOUND.format(connection, '$words')}", words=words)
    assert [] == answer.errors
    page: dict[str, Any] = answer.data[connection]
    return page


@pytest.mark.parametrize(
    "words", ["fra", "FRANK", "uplink frank", "  frankfurt ", "frankfurt-up", "Fränk", "2", "frankfurt uplink 2", "fra:*"]
)
async def test_names_are_found_by_beginnings_of_words_V14(client: Client, factory: Factory, words: str) -> None:
    """Each word of the text begins a word of the name, in any order. Case, accents and punctuation don't matter."""
    company = await factory.company()
    port = await factory.port(company, name="Frankfurt: uplink-2")
    await factory.port(company, name="Paris downlink")

    assert ids(port) == await found(client, company.admin, "ports", words)


@pytest.mark.parametrize("words", ["rankfurt", "frankfurt paris", "!", "frankfurts", "'", "\\", "fra | paris", "%", "a/b"])
async def test_other_words_find_nothing_V14(client: Client, factory: Factory, words: str) -> None:
    """A text is never a pattern or an operator, and all of its words are needed."""
    company = await factory.company()
    await factory.port(company, name="Frankfurt")
    await factory.port(company, name="Paris")

    assert ids() == await found(client, company.admin, "ports", words)


async def test_white_space_finds_everything_V14(client: Client, factory: Factory) -> None:
    """An empty search box narrows nothing."""
    company = await factory.company()
    ports = [await factory.port(company), await factory.port(company)]

    assert ids(*ports) == await found(client, company.admin, "ports", "") == await found(client, company.admin, "ports", " \t")


async def test_everyone_searches_only_what_it_can_read_V14(client: Client, factory: Factory) -> None:
    """A company finds its own ports, a partner also those of its accounts, and the operator all of them."""
    partner, operator = await factory.partner(), await factory.operator()
    account, company = (await factory.managed_account(partner)).company, await factory.company()
    own, managed, other = [await factory.port(each, name="Edge") for each in (partner, account, company)]

    assert ids(own, managed) == await found(client, partner.admin, "ports", "edge")
    assert ids(managed) == await found(client, account.admin, "ports", "edge")
    assert ids(other) == await found(client, company.admin, "ports", "edge")
    assert ids(own, managed, other) == await found(client, operator.admin, "ports", "edge")


async def test_company_is_found_while_it_can_be_seen_V14(client: Client, factory: Factory) -> None:
    """Visitors find a company by its trading name while its profile or a product is public."""
    company, other = await factory.company(name="Bright Fibre"), await factory.company(name="Bright Cloud")
    profile = await factory.profile(company, visibility="PRIVATE")

    assert ids() == await found(client, ANONYMOUS, "companies", "bright")

    await factory.change(profile, visibility="PUBLIC")
    product = await factory.product(other, visibility="PUBLIC")

    assert ids(company, other) == await found(client, ANONYMOUS, "companies", "bri")
    assert ids(company) == await found(client, ANONYMOUS, "companies", "bright fib")

    await factory.change(profile, visibility="PRIVATE")
    await factory.delete(product)

    assert ids() == await found(client, ANONYMOUS, "companies", "bright")
    assert ids(company) == await found(client, company.admin, "companies", "bright")


async def test_accounts_and_locations_are_found_by_name_V14(client: Client, factory: Factory) -> None:
    """A partner finds its accounts by their names, not those of others; everyone finds locations."""
    partner, other = await factory.partner(), await factory.partner()
    one = await factory.managed_account(partner, name="North Sea Freight")
    await factory.managed_account(partner, name="Harbour Freight")
    await factory.managed_account(other, name="North Pole")
    location = await factory.location("Amsterdam North 1")

    assert ids(one) == await found(client, partner.admin, "managedAccounts", "nor")
    assert ids(location) == await found(client, ANONYMOUS, "locations", "north ams")


async def test_new_name_is_found_at_once_and_the_old_one_no_longer_V14(client: Client, factory: Factory) -> None:
    """The database keeps the words of names."""
    company = await factory.company()
    port = await factory.port(company, name="Before")
    await factory.change(port, name="After")

    assert (ids(), ids(port)) == tuple([await found(client, company.admin, "ports", each) for each in ("before", "after")])


async def test_search_combines_with_orders_filters_pages_and_parents_V14(client: Client, factory: Factory) -> None:
    """Pages of a search join without gaps in every order, below a company as well, and facets count the same ports."""
    company = await factory.company()
    statuses = ["ACTIVE", "REQUESTED", "DISABLED"]
    ports = [
        await factory.port(company, name=f"{['Edge', 'Core'][number % 2]} {number * 7 % 9}", status=statuses[number % 3])
        for number in range(9)
    ]
    wanted = [port for number, port in enumerate(ports) if number % 2 == 0 and number % 3 < 2]
    wanted.sort(key=lambda port: ports.index(port) * 7 % 9)
    document = """query ($id: ID!, $filter: PortFilter, $after: String) {
        node(id: $id) { ... on Company { ports(filter: $filter, orderBy: {field: NAME}, first: 2, after: $after) {
            nodes { id } totalCount pageInfo { endCursor hasNextPage }
        } } }
        portFacets(filter: $filter) { totalCount }
    }"""
    pages: list[Any] = []
    after, more = None, True
    while more:
        chosen = {"search": "edge", "statuses": statuses[:2]}
        answer = (await client(company.admin, document, id=company.id, filter=chosen, after=after)).data
        page = answer["node"]["ports"]
        pages += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert ids(*wanted) == {"nodes": pages, "totalCount": page["totalCount"]}
    assert len(wanted) == answer["portFacets"]["totalCount"]
