"""Node: a viewer that can read an object finds it by its id. For everybody else it looks as if it didn't exist."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest

from resolvers.reading.nodes import MAX_INVALID_IDS
from tests.client import ANONYMOUS, Client
from tests.factory import Company, Factory, Thing
from tests.rules.answers import ids, payload, response_of

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
GUARDED = [
    "BillingMarket",
    "Company",
    "ConnectionRequest",
    "ManagedAccount",
    "MarketplacePort",
    "MarketplaceProfile",
    "Membership",
    "Offer",
    "Port",
    "Product",
    "User",
]
LISTS = (
    "companies",
    "managedAccounts",
    "marketplaceProfiles",
    "marketplacePorts",
    "ports",
    "products",
    "offers",
)


@dataclass(frozen=True)
class Market:
    """One record of each restricted type, and the partner that can read all of them."""

    partner: Company
    things: dict[str, Thing]


async def market(factory: Factory, *, shown: bool = False) -> Market:
    """Create a partner and an account that has everything. What can be public is public only if `shown`."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    company = account.company
    visibility = "PUBLIC" if shown else "PRIVATE"
    profile = await factory.profile(company, visibility=visibility)
    port, other = await factory.port(company, visibility="PUBLIC"), await factory.port(company)
    product = await factory.product(company)
    things = [
        await factory.billing_market(company),
        company,
        await factory.connection_request(other, port),
        account,
        port.on_marketplace,
        profile,
        company.user.membership,
        await factory.offer(company, [partner], product=product),
        port,
        product,
        company.user,
    ]
    return Market(partner, {thing.type: thing for thing in things})


@pytest.mark.parametrize("type_name", GUARDED)
@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_hidden_and_absent_records_get_the_same_bytes_A21(
    client: Client, factory: Factory, kind: str, type_name: str
) -> None:
    """The id of a hidden record and an unknown id get the same response, byte for byte and without an error."""
    thing = (await market(factory)).things[type_name]
    email = await factory.admin_of_kind(kind)
    nobodys = Thing(type_name, uuid.UUID(int=thing.key.int ^ 1))

    hidden_one, absent_one = await client(email, NODE, id=thing.id), await client(email, NODE, id=nobodys.id)
    both = await client(email, NODES, ids=[thing.id, nobodys.id])

    assert payload({"node": None}) == response_of(hidden_one)
    assert absent_one.body == hidden_one.body
    assert payload({"nodes": [None, None]}) == response_of(both)


async def test_records_are_found_by_id_if_readable_A21(client: Client, factory: Factory) -> None:
    """A partner finds everything of its account by id, in the order of the ids."""
    everything = await market(factory, shown=True)
    location = await factory.location()
    things = [*everything.things.values(), location]

    answer = await client(everything.partner.admin, NODES, ids=[thing.id for thing in things])

    assert {*GUARDED, "Location"} == {thing.type for thing in things}
    assert payload({"nodes": [{"__typename": thing.type, "id": thing.id} for thing in things]}) == response_of(answer)


@pytest.mark.parametrize("kind", ["DIRECT", "MANAGED"])
async def test_only_a_partner_reads_companies_that_name_it_as_partner_A18_V14(
    client: Client, factory: Factory, kind: str
) -> None:
    """A company that can't manage accounts reads nothing of one that wrongly names it as its partner."""
    viewer = await factory.company() if kind == "DIRECT" else (await factory.managed_account(await factory.partner())).company
    account = await factory.managed_account(viewer)
    company, other = account.company, await factory.company()
    port, target = await factory.port(company), await factory.port(other)
    sold, bought = await factory.offer(company, [other]), await factory.offer(other, [company])
    things = [
        await factory.billing_market(company),
        company,
        other,
        await factory.connection_request(port, target),
        await factory.connection_request(target, port),
        account,
        await factory.profile(company, visibility="PRIVATE"),
        company.user.membership,
        sold,
        bought,
        port,
        sold.product,
        bought.product,
        company.user,
    ]

    answer = await client(viewer.admin, NODES, ids=[thing.id for thing in things])

    assert {*GUARDED} - {"MarketplacePort"} == {thing.type for thing in things}
    assert payload({"nodes": [None] * len(things)}) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_hidden_company_is_null_A21_V24(client: Client, factory: Factory, kind: str) -> None:
    """A hidden company is null by its id, exactly as one that doesn't exist."""
    company = await factory.company()
    email = await factory.admin_of_kind(kind)
    query = "query ($id: ID!) { company(id: $id) { tradingName ports { totalCount } } }"

    hidden_one = await client(email, query, id=company.id)
    absent_one = await client(email, query, id=Thing("Company", uuid.UUID(int=company.key.int ^ 1)).id)

    assert payload({"company": None}) == response_of(hidden_one)
    assert absent_one.body == hidden_one.body


@pytest.mark.parametrize("name", LISTS)
async def test_list_without_readable_rows_is_empty_V24(client: Client, factory: Factory, name: str) -> None:
    """A visitor to a market that shows nothing gets empty lists with a count of zero, and no errors."""
    await market(factory)

    answer = await client(ANONYMOUS, f"{{ {name} {{ nodes {{ id }} totalCount }} }}")

    assert payload({name: ids()}) == response_of(answer)


@pytest.mark.parametrize("name", LISTS)
async def test_list_does_not_depend_on_hidden_rows_V24_A21(client: Client, factory: Factory, name: str) -> None:
    """An unrelated viewer's lists are the same bytes in an empty market and in one that shows it nothing."""
    stranger = await factory.company()
    query = f"{{ {name} {{ edges {{ cursor }} nodes {{ id }} totalCount pageInfo {{ hasNextPage endCursor }} }} }}"

    before = await client(stranger.admin, query)
    await market(factory)
    after = await client(stranger.admin, query)

    assert before.body == after.body


@pytest.mark.parametrize("text", ["", "nonsense", "QUFB", "bG8=", "ÄÖÜ"])
async def test_invalid_id_error_names_the_argument_and_no_type_A21(client: Client, factory: Factory, text: str) -> None:
    """A malformed id is an error of its argument, the same for all viewers."""
    company = await factory.company()

    answers = [await client(email, NODE, id=text) for email in (ANONYMOUS, company.admin)]

    told_by = [(answer.data, [error["extensions"] for error in answer.errors]) for answer in answers]
    assert [({"node": None}, [{"code": "INVALID_ID", "argument": "id"}])] * 2 == told_by


async def test_long_list_of_invalid_ids_is_one_error_A21(client: Client, factory: Factory) -> None:
    """A few invalid ids are an error each. A list of many is one error, because thousands of errors would take long."""
    company = await factory.company()
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    few = await client(company.admin, query, ids=[company.id, *["x"] * MAX_INVALID_IDS])
    many = await client(company.admin, query, ids=[company.id, *["x"] * (MAX_INVALID_IDS + 1)])

    assert ([{"id": company.id}, *[None] * MAX_INVALID_IDS], ["INVALID_ID"] * MAX_INVALID_IDS) == (few.data["nodes"], few.codes)
    assert (None, ["INVALID_ID"]) == (many.data, many.codes)


async def test_id_of_another_type_is_an_error_whether_it_exists_or_not_A21(client: Client, factory: Factory) -> None:
    """Requesting a company by a port's id is the same error for an existing port and an unknown one."""
    port = await factory.port(await factory.company())
    query = "query ($id: ID!) { company(id: $id) { id } }"
    nobodys = Thing("Port", uuid.UUID(int=port.key.int ^ 1))

    of_hidden, of_absent = [await client(ANONYMOUS, query, id=thing.id) for thing in (port, nobodys)]

    assert ({"company": None}, ["INVALID_ID"]) == (of_hidden.data, of_hidden.codes)
    assert of_absent.body == of_hidden.body
