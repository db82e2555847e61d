"""A page costs the same in a large market as in a small one, for every connection and viewer, as measured by PostgreSQL.

`client` goes through the endpoint. Each statement that it runs is explained with the same parameters and the same kind of plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from graphql import get_named_type, get_nullable_type, is_leaf_type, is_non_null_type

from benchmarks.plans import Cost, Statement
from resolvers.reading.connections import MAX_TOTAL_COUNT
from resolvers.reading.statements import WALKED
from resolvers.values.identifiers import Identifier
from tests.client import DEMO_VIEWERS, DIRECT, OPERATOR, PARTNER
from tests.scale.conftest import Market
from tests.scale.connections import FILTERS, RELATIONS, ROOTS, ROWS, Filter, Root
from tests.schema.outline import STRAWBERRY

SCHEMA: Final = STRAWBERRY
SIZE: Final = 20
FIXED: Final = 60  # pages of 8 KiB for each list: the descent of its indexes
ONE_LIST: Final = 10  # the descent of one index
PER_ROW: Final = 30  # and for each requested row: its entries in several branches, and the row itself
OF_ONE_OWN: Final = 8  # if a list can't be read in order: for each row that the viewer's own dealings lead to
PER_WALKED: Final = 8  # for each row in which a search looks first: its entry and the row, in several branches
PARENTS_OF_PORTS: Final = 50
PAGES_OF_PORTS: Final = """
    query ($first: Int!) { marketplaceProfiles(first: $first) { nodes { ports(first: 10) { nodes { name location { name } } } } } }
"""
FREQUENT: Final = 5_000  # matches of a word that fill a page from those rows
SMALL_TABLES: Final = {"api_key", "invitation", "portal_appearance", "provider_type", "service_type"}  # in these markets
GROWTH: Final = 1.5  # with ten times the rows, trees can be one level higher

ROOTS_TO_COUNT: Final = [root for root in ROOTS if not root.columns]  # a count has no order

# Orders that no index has. Dealings, buyers and test accounts have neither a company's name nor the filtered columns of
# their target row, and GIN is unordered: such a page costs as much as the viewer's own dealings and all matches.
BY_OWN_DEALINGS: Final = {
    "companies companyType",
    "companies companyTypes",
    "companies search",
    "products kind",
    "products visibility",
    "products category",
    "products categories",
    "products sellerId",
    "marketplaceProfiles providerType",
    "marketplaceProfiles serviceType",
    "marketplaceProfiles providerTypes",
    "marketplaceProfiles serviceTypes",
}


def bound(statement: Statement) -> int:
    """Return how many pages a statement may touch, from the number of its lists and requested rows."""
    return statement.keys * (FIXED + PER_ROW * statement.limit)


def exceeding(costs: list[tuple[Statement, Cost]], more: int = 0) -> list[tuple[int, int, str]]:
    """Return the statements that touch too many pages, with the actual and allowed numbers."""
    return [
        (cost.buffers, bound(statement) + more, statement.sql)
        for statement, cost in costs
        if cost.buffers > bound(statement) + more
    ]


async def pages(market: Market, root: Root) -> dict[str, str]:
    """Return the first, a middle and the last page of a connection, each reached forward and backward."""
    start, middle, end = [await market.cursor(root, part) for part in (0.02, 0.5, 0.95)]
    if root.direction == "DESC":  # same as reading the other direction backward
        return {"first": f"first: {SIZE}", "middle": f'first: {SIZE}, after: "{middle}"'}
    return {
        "first": f"first: {SIZE}",
        "first, backward": f'last: {SIZE}, before: "{start}"',
        "middle": f'first: {SIZE}, after: "{middle}"',
        "middle, backward": f'last: {SIZE}, before: "{middle}"',
        "last": f'first: {SIZE}, after: "{end}"',
        "last, backward": f"last: {SIZE}",
    }


def document(field: str, *arguments: str) -> str:
    """Return a query of one connection that selects a column: keys alone could be read from indexes."""
    return f"{{ {field}({', '.join(filter(None, arguments))}) {{ nodes {{ id {column(field)} }} }} }}"


def column(field: str) -> str:
    """Return the connection's first node field that is a non-null column, so that every viewer sees it."""
    query: Any = SCHEMA.schema_converter.type_map["Query"].implementation
    page: Any = get_named_type(query.fields[field].type)
    things: Any = get_named_type(page.fields["nodes"].type)
    names: Iterator[str] = (
        name
        for name, each in things.fields.items()
        if is_non_null_type(each.type)
        and is_leaf_type(get_nullable_type(each.type))
        and each.extensions["strawberry-definition"].batch is None
    )
    return next(names)


@pytest.mark.parametrize("root", ROOTS, ids=str)
async def test_page_cost_is_bounded_by_its_rows(large: Market, small: Market, root: Root) -> None:
    """Every page of every connection touches a limited number of pages per requested row, and no more in the large market."""
    places = (await pages(large, root), await pages(small, root))
    for viewer in DEMO_VIEWERS:
        dealings = OF_ONE_OWN * await large.own_dealings(viewer) if root.order == "TRADING_NAME" else 0
        for place in places[0]:
            found = await large.costs(viewer, document(root.field, root.arguments, places[0][place]))
            lesser = await small.costs(viewer, document(root.field, root.arguments, places[1][place]))

            assert [] == exceeding(found, dealings), (place, viewer)
            if not dealings:
                total, less = (sum(cost.buffers for _, cost in costs) for costs in (found, lesser))
                more = max(0, sum(cost.rows for _, cost in found) - sum(cost.rows for _, cost in lesser))
                assert total <= GROWTH * less + FIXED + PER_ROW * more, (place, viewer)


@pytest.mark.parametrize("root", ROOTS_TO_COUNT, ids=str)
async def test_count_reads_no_more_rows_than_it_counts(large: Market, root: Root) -> None:
    """No scan of a count reads more than the limit, whatever the size of the market, or the viewer's own dealings."""
    arguments = f"({root.arguments})" if root.arguments else ""
    for viewer in DEMO_VIEWERS:
        most = MAX_TOTAL_COUNT + 1 + await large.own_dealings(viewer)
        costs = await large.costs(viewer, f"{{ {root.field}{arguments} {{ totalCount totalCountPrecision }} }}")
        read = [(name, rows) for _, cost in costs for name, rows in scanned(cost.plan)]

        assert [] == [(name, rows) for name, rows in read if rows > most], viewer


def scanned(plan: Any) -> Iterator[tuple[str, float]]:
    """Yield each scan of a plan, with the number of rows that it read, whether it returned them or not."""
    if "Scan" in plan["Node Type"] and "Plans" not in plan:
        removed = sum(plan.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck"))
        yield (
            plan.get("Relation Name") or plan.get("Index Name", plan["Node Type"]),
            (plan["Actual Rows"] + removed) * plan["Actual Loops"],
        )
    for child in plan.get("Plans", ()):
        yield from scanned(child)


async def test_rows_joined_to_pages_below_parents_are_found_once_for_all_of_them(small: Market) -> None:
    """Each profile is found once, not for each of its ports. A table with few rows can also be read once as a whole."""
    limits = {"marketplace_profile": PARENTS_OF_PORTS, "location": len(await small.keys("SELECT id FROM location"))}

    found = await small.costs(PARTNER, PAGES_OF_PORTS, first=PARENTS_OF_PORTS)

    (of_ports,) = [cost for statement, cost in found if "parents" in statement.sql]
    read = {name: rows for name, rows in scanned(of_ports.plan) if name in limits}
    assert of_ports.rows > PARENTS_OF_PORTS
    assert limits.keys() == read.keys()
    assert {} == {name: rows for name, rows in read.items() if rows > limits[name]}


@pytest.mark.parametrize("narrowed", FILTERS, ids=str)
async def test_filters_use_an_index(large: Market, narrowed: Filter) -> None:
    """Filters with few or many matches cost no more than an unfiltered page, or their documented limit."""
    for value in (narrowed.few, narrowed.many):
        condition = f"filter: {{{narrowed.name}: {await large.value(narrowed, value)}}}"
        for viewer in DEMO_VIEWERS:
            more = await _matching(large, viewer, narrowed.field, condition) if str(narrowed) in BY_OWN_DEALINGS else 0
            for page in (f"first: {SIZE}", f"last: {SIZE}"):
                found = await large.costs(viewer, document(narrowed.field, condition, page, narrowed.arguments))

                assert [] == exceeding(found, OF_ONE_OWN * more), (value, page, viewer)


@pytest.mark.parametrize(
    "words", ["rare", "common", "common provider1", "nothing", "raer", "comon provder", "nohting misspelt"]
)
@pytest.mark.parametrize("searched", ["marketplaceProfiles", "products"])
async def test_search_touches_only_its_matches(large: Market, searched: str, words: str) -> None:
    """A search touches the matching profiles or products. A word index is unordered, so all matches are sorted."""
    for viewer in DEMO_VIEWERS:
        found = await large.costs(viewer, document(searched, f'search: "{words}"', f"first: {SIZE}"))
        more = await _matching(large, viewer, searched, f'search: "{words}"')

        assert [] == exceeding(found, OF_ONE_OWN * more), viewer


@pytest.mark.parametrize(
    ("searched", "words"),
    [
        *(("ports", words) for words in ("port", "port abc", "abc port", "nothing")),
        *(("companies", words) for words in ("sample", "a1", "nothing")),
        *(("managedAccounts", words) for words in ("account", "account 22", "nothing")),
    ],
)
async def test_search_by_name_walks_some_rows_or_touches_only_its_matches(large: Market, searched: str, words: str) -> None:
    """Frequent words fill a page from the first rows of the list. Other words cost as much as their matches."""
    condition = f'filter: {{search: "{words}"}}'
    for viewer in DEMO_VIEWERS:
        found = await large.costs(viewer, document(searched, condition, f"first: {SIZE}"))
        dealings = await large.own_dealings(viewer)
        matching = await _matching(large, viewer, searched, condition) - dealings
        more = OF_ONE_OWN * ((dealings if searched == "companies" else 0) + (matching if matching < FREQUENT else 0))
        touched = [cost.buffers for _, cost in found]

        assert [] == [each for each in touched if each > FIXED + PER_ROW * SIZE + PER_WALKED * WALKED + more], (viewer, touched)


@pytest.mark.parametrize(("words", "pattern"), [("port abc", "port abc%"), ("port", "port %"), ("no", "no%")])
async def test_search_by_name_finds_the_first_matches_of_the_list(large: Market, words: str, pattern: str) -> None:
    """Both ways to search give the page that a scan of the table gives: frequent words, rare ones, and some without matches."""
    for end, way in (("first", "ASC"), ("last", "DESC")):
        scanned = await large.keys(f"SELECT name FROM port WHERE name LIKE '{pattern}' ORDER BY id {way} LIMIT {SIZE}")
        answer = await large.client(OPERATOR, document("ports", f'filter: {{search: "{words}"}}', f"{end}: {SIZE}"))

        names = [node["name"] for node in answer.data["ports"]["nodes"]]
        assert scanned == (names if end == "first" else names[::-1])


@pytest.mark.parametrize(
    "query", ["{ ports(first: 20) { nodes { name } } }", "{ port: node(id: $id) { ... on Port { name } } }"]
)
async def test_large_company_pays_for_what_it_reads(large: Market, query: str) -> None:
    """A company with a fiftieth of all ports reads a page, or one port, from its place in one index, as small companies do."""
    company = await large.company_of(DIRECT)
    port = (await large.keys(f"SELECT id FROM port WHERE company_id = '{company}' ORDER BY id LIMIT 1"))[0]
    variables = {"id": str(Identifier("Port", port))} if "$id" in query else {}
    costs = await large.costs(DIRECT, f"query{'($id: ID!)' if variables else ''} {query}", **variables)

    assert costs
    assert [] == [(cost.buffers, statement.sql) for statement, cost in costs if cost.buffers > ONE_LIST + statement.limit]


@pytest.mark.parametrize(("parent", "field"), RELATIONS)
async def test_nested_page_cost_is_bounded_by_its_rows(large: Market, small: Market, parent: str, field: str) -> None:
    """Pages of twenty parents, including unreadable ones, touch a limited number of pages per parent and row."""
    ids = (await large.parents(parent), await small.parents(parent))
    for page in ("first: 5", "last: 5"):
        query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {parent} {{ {field}({page}) {{ nodes {{ id }} }} }} }} }}"
        for viewer in DEMO_VIEWERS:
            found = await large.costs(viewer, query, ids=ids[0])
            lesser = await small.costs(viewer, query, ids=ids[1])

            assert [] == exceeding(found), (page, viewer)
            total, less = (sum(cost.buffers for _, cost in costs) for costs in (found, lesser))
            assert total <= GROWTH * less + FIXED * len(ids[0]), (page, viewer)


@pytest.mark.parametrize("order", ["", ", orderBy: {field: PERIOD}", ", orderBy: {field: PERIOD, direction: DESC}"])
@pytest.mark.parametrize("narrowed", ["", ', filter: {periodFrom: "2100-01-01", periodTo: "2100-03-01"}'])
async def test_invoices_by_period_use_an_index(large: Market, order: str, narrowed: str) -> None:
    """A page of a company's invoices has a bounded cost, whether sorted by period, narrowed to some, or both."""
    ids = await large.parents("Company")
    below = f"invoices(first: 5{order}{narrowed}) {{ nodes {{ number }} }}"
    document = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Company {{ {below} }} }} }}"
    for viewer in DEMO_VIEWERS:
        assert [] == exceeding(await large.costs(viewer, document, ids=ids)), viewer


async def test_dashboard_reads_only_its_companys_ports(large: Market) -> None:
    """A dashboard's totals are found by owner. No index or table is read completely."""
    for viewer in DEMO_VIEWERS:
        costs = await large.costs(viewer, "{ viewer { dashboard { ordersWaiting portsByMetro { metro count } } } }")
        scans = [scan for _, cost in costs for scan in unbounded(cost.plan) if scan.startswith(("port", "order_approval"))]

        assert [] == scans, viewer


def unbounded(plan: Any) -> Iterator[str]:
    """Yield the tables and indexes that a plan reads without a condition."""
    if plan["Node Type"] == "Seq Scan" or ("Index Name" in plan and "Index Cond" not in plan):
        yield plan.get("Relation Name") or plan["Index Name"]
    for child in plan.get("Plans", ()):
        yield from unbounded(child)


@pytest.mark.parametrize("parent", ROWS)
async def test_related_rows_are_found_by_key(large: Market, parent: str) -> None:
    """Related rows that aren't a page, such as the seller or buyers of offers, are found only by key."""
    ids = await large.parents(parent)
    query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {parent} {{ {ROWS[parent]} }} }} }}"
    for viewer in DEMO_VIEWERS:
        costs = await large.costs(viewer, query, ids=ids)

        assert [] == exceeding(costs), viewer
        assert set() == {scan for _, cost in costs for scan in unbounded(cost.plan)} - SMALL_TABLES, viewer


async def _matching(market: Market, viewer: str | None, field: str, condition: str) -> int:
    """Count the viewer's own dealings plus the matching rows that it can read."""
    answer = await market.client(viewer, f"{{ {field}({condition}) {{ totalCount }} }}")
    return await market.own_dealings(viewer) + (answer.data[field]["totalCount"] if answer.data else 0)
