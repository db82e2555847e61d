"""Connections: pages forward and backward, as in the Relay specification (https://relay.dev/graphql/connections.htm)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
import sqlalchemy as sa
from graphql import get_named_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Port
from policies.catalogue import CATALOGUE
from resolvers.reading import connections
from resolvers.reading.filters import NEWEST_FIRST, ORDERS
from resolvers.values.identifiers import Identifier, parse
from tests.client import ANONYMOUS, DEMO_VIEWERS, DIRECT, HIDDEN, OPERATOR, PARTNER, Answer, Client, open_client
from tests.resolvers.test_filters import MAY_ORDER
from tests.schema import outline

DEFAULT_SIZE: Final = 50
MAX_PAGE_SIZE: Final = 1000
OF_ITS_COMPANY: Final = {"webhookEndpoints", "WebhookEndpoint"}  # what the operator can't read
MAX_PAGES: Final = 6  # of a walk; short lists are walked with every size down to one
TRIED: Final = settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
ROOTS: Final = outline.connections()
BELOW: Final = [
    relation
    for relation in outline.relations()
    if relation.type != "Query" and outline.is_connection(get_named_type(relation.definition.type))
]
PAGE: Final = "nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
ARGUMENTS: Final = "$first: Int, $after: String, $last: Int, $before: String"
WALKED: Final = "edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
GIVEN: Final = "first: $first, after: $after, last: $last, before: $before"


@dataclass(frozen=True)
class List:
    """A connection to page through: at the root in some order, or below one parent."""

    field: str
    order: tuple[str, str] | None = None
    parent: str | None = None  # a global ID
    type: str = ""  # of the parent

    def __str__(self) -> str:
        return " ".join([self.field, *(self.order or ())])

    async def page(self, client: Client, viewer: str | None, selection: str = PAGE, /, **given: Any) -> Any:
        """Return a page of it."""
        answer = await self.fetch(client, viewer, selection, **given)
        assert [] == answer.errors
        return answer.data["node"][self.field] if self.parent else answer.data[self.field]

    async def fetch(self, client: Client, viewer: str | None, selection: str = PAGE, /, **given: Any) -> Answer:
        """Return the answer to a query for a page of it."""
        order = f", orderBy: {{field: {self.order[0]}, direction: {self.order[1]}}}" if self.order else ""
        page = f"{self.field}({GIVEN}{order}) {{ {selection} }}"
        if self.parent:
            page = f'node(id: "{self.parent}") {{ ... on {self.type} {{ {page} }} }}'
        return await client(viewer, f"query ({ARGUMENTS}) {{ {page} }}", **given)


def lists() -> list[List]:
    """Return every connection of the root in every order."""
    found = []
    for field, entity in ROOTS.items():
        found.append(List(field))
        found += [List(field, (order, way)) for order in ORDERS.get(entity, {}) for way in ("ASC", "DESC")]
    return found


def may_order(listed: List, viewer: str | None) -> bool:
    """Return whether the viewer may use the order."""
    return listed.order is None or viewer in MAY_ORDER.get(listed.order[0], DEMO_VIEWERS)


def ids(page: Any) -> list[str]:
    """Return the ids of a page. Edges and nodes must agree, and pageInfo must have the first and the last cursor."""
    found = [edge["node"]["id"] for edge in page["edges"]]
    assert found == [node["id"] for node in page.get("nodes", [edge["node"] for edge in page["edges"]])]
    cursors = [edge["cursor"] for edge in page["edges"]] or [None]
    assert (cursors[0], cursors[-1]) == (page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"])
    return found


async def walk(client: Client, viewer: str | None, listed: List, size: int, backward: bool = False) -> list[str]:
    """Return all ids of a list in order, read page by page from one end. Every page but the last must be full."""
    found: list[str] = []
    cursor = None
    while True:
        given = {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        page = await listed.page(client, viewer, WALKED, **given)
        read, info = ids(page), page["pageInfo"]
        found = read + found if backward else found + read
        more, behind = info["hasNextPage"], info["hasPreviousPage"]
        if backward:
            more, behind = behind, more
        assert (cursor is not None, size if more else len(read)) == (behind, len(read))
        if not more:
            return found
        cursor = info["startCursor"] if backward else info["endCursor"]


async def as_sorted(engine: AsyncEngine, listed: List, found: list[str]) -> list[str]:
    """Return the same ids as the database sorts their rows: by the columns of the order, then by the key."""
    if not found:
        return []
    entity = parse(found[0], "id").type
    table = CATALOGUE[entity].table
    keys = [parse(text, "id").key for text in found]
    columns = [table.c[name] for name in ORDERS[entity][listed.order[0]].columns] if listed.order else []
    descending = listed.order[1] == "DESC" if listed.order else entity in NEWEST_FIRST
    order = [column.desc() if descending else column for column in [*columns, table.c.id]]
    async with engine.connect() as connection:
        rows = await connection.scalars(sa.select(table.c.id).where(table.c.id.in_(keys)).order_by(*order))
        return [str(Identifier(entity, key)) for key in rows]


_fullest: dict[tuple[str | None, outline.Relation], List | None] = {}  # of the sample market, which no test changes


async def fullest(client: Client, viewer: str | None, relation: outline.Relation) -> List | None:
    """Return the connection with the most items for the viewer below any parent, or None if all are empty."""
    if (viewer, relation) not in _fullest:
        _fullest[viewer, relation] = await _find_fullest(client, viewer, relation)
    return _fullest[viewer, relation]


async def _find_fullest(client: Client, viewer: str | None, relation: outline.Relation) -> List | None:
    way = outline.ways()[relation.type]
    selection = way.document(f"id {relation.field} {{ totalCount }}")
    answer = await client(viewer, f"{{ {way.root}(first: 1000) {{ nodes {{ {selection} }} }} }}")
    parents = [node for node in _having(relation.field, answer.data) if node[relation.field]["totalCount"]]
    if not parents:
        return None
    parent = max(parents, key=lambda node: node[relation.field]["totalCount"])
    return List(relation.field, None, parent["id"], relation.type)


def _having(field: str, value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects with a field that isn't null, at any depth: parents can be in lists of others."""
    if isinstance(value, dict) and value.get(field):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _having(field, each)


async def walks_agree(client: Client, engine: AsyncEngine, viewer: str | None, listed: List, size: st.DataObject) -> None:
    """Check that both directions return the rows of a list, each once, in order, and as many as totalCount."""
    total = (await listed.page(client, viewer, "totalCount"))["totalCount"]
    chosen = size.draw(st.integers(max(1, -(-total // MAX_PAGES)), min(MAX_PAGE_SIZE, total + 2)))
    forward = await walk(client, viewer, listed, chosen)
    backward = await walk(client, viewer, listed, chosen, backward=True)

    assert await as_sorted(engine, listed, forward) == forward
    assert (total, forward) == (len(forward), backward)


@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
@pytest.mark.parametrize("listed", lists(), ids=str)
@TRIED
@given(size=st.data())
async def test_walking_a_list_returns_every_row_once(
    demo_client: Client, demo_engine: AsyncEngine, viewer: str | None, listed: List, size: st.DataObject
) -> None:
    """Pages of any size, forward or backward, return what the viewer can read: each row once, in order, and all are counted."""
    if may_order(listed, viewer):
        await walks_agree(demo_client, demo_engine, viewer, listed, size)


@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
@pytest.mark.parametrize("relation", BELOW, ids=str)
@TRIED
@given(size=st.data())
async def test_walking_a_list_below_a_parent_returns_every_row_once(
    demo_client: Client, demo_engine: AsyncEngine, viewer: str | None, relation: outline.Relation, size: st.DataObject
) -> None:
    """The same is true of the lists below a company, a profile, a port or a product."""
    listed = await fullest(demo_client, viewer, relation)
    if listed is not None:
        await walks_agree(demo_client, demo_engine, viewer, listed, size)


async def test_every_connection_below_a_parent_is_walked(demo_client: Client) -> None:
    """In the sample market, every connection has more than one row below some parent, so that a walk has pages."""
    counts = {}
    for relation in BELOW:
        viewer = PARTNER if OF_ITS_COMPANY & {relation.type, relation.field} else OPERATOR
        listed = await fullest(demo_client, viewer, relation)
        counts[str(relation)] = listed and (await listed.page(demo_client, viewer, "totalCount"))["totalCount"]

    assert {} == {name: count for name, count in counts.items() if not count or count < 2}


@pytest.mark.parametrize("relation", BELOW, ids=str)
async def test_pages_below_many_parents_equal_the_pages_below_each(demo_client: Client, relation: outline.Relation) -> None:
    """One statement for all parents of a level returns what each parent has alone, forward and backward."""
    way = outline.ways()[relation.type]
    page = "{ nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount }"
    selection = f"... on {relation.type} {{ start: {relation.field}(first: 2) {page} end: {relation.field}(last: 2) {page} }}"
    listed = await demo_client(PARTNER, f"{{ {way.root}(first: 30) {{ nodes {{ id }} }} }}")
    keys = [node["id"] for node in listed.data[way.root]["nodes"]]
    document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ {selection} }} }}"

    together = await demo_client(PARTNER, document, ids=keys)
    alone = [(await demo_client(PARTNER, document, ids=[key])).data["nodes"][0] for key in keys]

    assert alone == together.data["nodes"]


@pytest.mark.parametrize("end", ["first", "last"])
@pytest.mark.parametrize("size", [-1, -(2**31), MAX_PAGE_SIZE + 1, 2**31 - 1])
async def test_page_size_out_of_bounds_is_refused(demo_client: Client, end: str, size: int) -> None:
    """A page has from 0 to 1,000 items. Any other size is an error that names the argument and the bounds."""
    answer = await List("locations").fetch(demo_client, ANONYMOUS, **{end: size})

    expected = {
        "message": f"Argument '{end}' must be between 0 and {MAX_PAGE_SIZE} (got {size}).",
        "extensions": {"code": "INVALID_PAGE", "argument": end},
    }
    assert [expected] == [{name: error[name] for name in expected} for error in answer.errors]
    assert answer.data is None


async def test_first_and_last_together_are_refused(demo_client: Client) -> None:
    """A page is read from one end: `first` together with `last` is an error."""
    answer = await List("locations").fetch(demo_client, ANONYMOUS, first=1, last=1)

    assert [("INVALID_PAGE", "last")] == [
        (error["extensions"]["code"], error["extensions"]["argument"]) for error in answer.errors
    ]


@pytest.mark.parametrize("end", ["first", "last"])
async def test_empty_page_reports_whether_there_are_more_items(demo_client: Client, end: str) -> None:
    """A page of size 0 has no cursors, but still reports that there are items beyond it."""
    page = await List("locations").page(demo_client, ANONYMOUS, **{end: 0})

    info = {"hasNextPage": end == "first", "hasPreviousPage": end == "last", "startCursor": None, "endCursor": None}
    assert {"nodes": [], "edges": [], "pageInfo": info} == page


async def test_largest_page_is_returned(demo_client: Client) -> None:
    """A page of 1,000 items can be requested."""
    page = await List("ports").page(demo_client, OPERATOR, first=MAX_PAGE_SIZE)

    assert (MAX_PAGE_SIZE, True) == (len(ids(page)), page["pageInfo"]["hasNextPage"])


async def test_page_has_fifty_items_by_default(demo_client: Client) -> None:
    """The default is the same as requesting 50 items from the start, also with `before`."""
    whole = List("locations")
    page = await whole.page(demo_client, ANONYMOUS)
    explicit = await whole.page(demo_client, ANONYMOUS, first=DEFAULT_SIZE)
    end = await whole.page(demo_client, ANONYMOUS, last=1)
    before = await whole.page(demo_client, ANONYMOUS, before=end["pageInfo"]["endCursor"])

    assert (DEFAULT_SIZE, page, page) == (len(ids(page)), explicit, before)


async def test_null_arguments_are_ignored(demo_client: Client) -> None:
    """Every argument of every connection can be null, as a literal and as a variable."""
    answers = []
    for name in ROOTS:
        await demo_client.app.state.services.audit.flush()  # what other requests add to the audit log
        arguments = outline.object_type("Query").fields[name].args
        literal = await demo_client(
            PARTNER, f"{{ {name}({', '.join(f'{each}: null' for each in arguments)}) {{ nodes {{ id }} }} }}"
        )
        declared = ", ".join(f"${each}: {argument.type}" for each, argument in arguments.items())
        given = ", ".join(f"{each}: ${each}" for each in arguments)
        document = f"query ({declared}) {{ {name}({given}) {{ nodes {{ id }} }} }}"
        variable = await demo_client(PARTNER, document, **dict.fromkeys(arguments))
        plain = await demo_client(PARTNER, f"{{ {name} {{ nodes {{ id }} }} }}")
        answers.append({literal.body, variable.body, plain.body})

    assert [1] * len(ROOTS) == list(map(len, answers))


@pytest.mark.parametrize("end", ["first", "last"])
@pytest.mark.parametrize("order", [None, ("NAME", "DESC"), ("SPEED_MBPS", "ASC")], ids=str)
async def test_page_lies_between_two_cursors(demo_client: Client, end: str, order: tuple[str, str] | None) -> None:
    """`after` and `before` together leave the rows strictly between them, from either end."""
    listed = List("ports", order)
    everything = await listed.page(demo_client, DIRECT, first=MAX_PAGE_SIZE)
    keys, cursors = ids(everything), [edge["cursor"] for edge in everything["edges"]]
    bounds = {"after": cursors[3], "before": cursors[12]}

    some = await listed.page(demo_client, DIRECT, **bounds, **{end: 5})
    every = await listed.page(demo_client, DIRECT, **bounds, **{end: 8})
    crossed = await listed.page(demo_client, DIRECT, after=cursors[12], before=cursors[3], **{end: 5})

    assert (keys[4:9] if end == "first" else keys[7:12]) == ids(some)
    assert (keys[4:12], []) == (ids(every), ids(crossed))
    far, near = ("hasNextPage", "hasPreviousPage") if end == "first" else ("hasPreviousPage", "hasNextPage")
    assert [(True, True), (False, True)] == [(page["pageInfo"][far], page["pageInfo"][near]) for page in (some, every)]


@pytest.fixture
async def ask_copy(demo_copy_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    """The gateway over a market of the test's own."""
    async with open_client(demo_copy_url, tmp_path) as client:
        yield client


async def change(client: Client, *changes: sa.Executable) -> None:
    """Write to the database, bypassing the gateway."""
    async with client.app.state.services.engine.connect() as connection:
        for each in changes:
            await connection.execute(each)


@pytest.mark.parametrize("backward", [False, True])
async def test_inserted_and_deleted_rows_do_not_shift_pages(ask_copy: Client, backward: bool) -> None:
    """A row that is removed or inserted between two pages neither repeats nor hides another row; a cursor outlives its row."""
    listed = List("ports", ("NAME", "ASC"))
    keys = await walk(ask_copy, HIDDEN, listed, 4, backward)
    first = await listed.page(ask_copy, HIDDEN, **({"last": 5} if backward else {"first": 5}))
    read = ids(first)
    cursor = first["pageInfo"]["startCursor" if backward else "endCursor"]
    edge, passed, coming = (read[0], read[-1], keys[2]) if backward else (read[-1], read[0], keys[-3])
    inserted = parse(passed, "id").key
    port = Port.__table__
    gone = [parse(each, "id").key for each in (edge, coming)]
    requests = sa.text("DELETE FROM connection_request WHERE port_id = ANY(:gone) OR target_port_id = ANY(:gone)")
    named = [sa.text(f"DELETE FROM {table} WHERE port_id = ANY(:gone)") for table in ("invoice_line", "order_approval")]
    columns = [column for column in port.c if column.name not in ("id", "name") and column.computed is None]
    beyond = UUID(int=parse(edge, "id").key.int + 1)
    copied = sa.select(sa.literal(beyond), sa.literal("!first" if backward else "~last"), *columns)
    await change(
        ask_copy,
        requests.bindparams(gone=gone),
        *(each.bindparams(gone=gone) for each in named),
        sa.insert(Port).from_select(["id", "name", *(column.name for column in columns)], copied.where(port.c.id == inserted)),
        sa.delete(Port).where(port.c.id.in_(gone)),
    )

    rest = await listed.page(
        ask_copy, HIDDEN, **({"last": 99, "before": cursor} if backward else {"first": 99, "after": cursor})
    )

    new = str(Identifier("Port", beyond))
    old = [key for key in keys if key not in (*read, coming)]
    assert ([new, *old] if backward else [*old, new]) == ids(rest)


@pytest.mark.executors
@pytest.mark.parametrize("root", ROOTS)
async def test_rows_are_counted_only_if_the_count_is_selected(demo_client: Client, root: str) -> None:
    """`totalCount` costs one more statement, and a page without it counts nothing."""
    listed = List(root)
    with demo_client.counting() as plain:
        await listed.page(demo_client, PARTNER)
    with demo_client.counting() as counted:
        await listed.page(demo_client, PARTNER, PAGE + " totalCount")
    with demo_client.counting() as alone:
        await listed.page(demo_client, PARTNER, "totalCount")

    assert [False, True, True] == [any("count(" in each for each in made) for made in (plain, counted, alone)]
    assert len(plain) + 1 == len(counted)


async def test_count_does_not_depend_on_the_page(demo_client: Client) -> None:
    """The count covers the whole list, whatever the page."""
    listed = List("ports")
    first = await listed.page(demo_client, PARTNER, PAGE + " totalCount", first=3)
    second = await listed.page(demo_client, PARTNER, PAGE + " totalCount", first=3, after=first["pageInfo"]["endCursor"])
    none = await listed.page(demo_client, PARTNER, "totalCount", last=0)

    assert 1 == len({page["totalCount"] for page in (first, second, none)})


@pytest.mark.executors
@pytest.mark.parametrize(("more", "precision"), [(0, "EXACT"), (-1, "AT_LEAST")])
async def test_count_says_whether_it_stopped(
    demo_client: Client, monkeypatch: pytest.MonkeyPatch, more: int, precision: str
) -> None:
    """A list with more items than are counted has that number and `AT_LEAST`, one with exactly as many is `EXACT`."""
    count = "totalCount totalCountPrecision"
    parents = f"companies(first: 1000) {{ nodes {{ ports {{ {count} }} }} }}"
    document = f"{{ ports {{ {count} }} {parents} }}"
    exact = (await demo_client(PARTNER, document)).data
    total = exact["ports"]["totalCount"]
    largest = max(node["ports"]["totalCount"] for node in exact["companies"]["nodes"])
    for most, read in ((total + more, _at_the_root), (largest + more, _most_below_a_parent)):
        monkeypatch.setattr(connections, "MAX_TOTAL_COUNT", most)
        answer = await demo_client(PARTNER, document)

        assert {"totalCount": most, "totalCountPrecision": precision} == read(answer.data)


def _at_the_root(data: Any) -> Any:
    return data["ports"]


def _most_below_a_parent(data: Any) -> Any:
    return max((node["ports"] for node in data["companies"]["nodes"]), key=lambda counted: counted["totalCount"])


@pytest.mark.executors
async def test_count_and_its_precision_take_one_statement(demo_client: Client) -> None:
    """Both come from the same count."""
    listed = List("ports")
    made = []
    for fields in ("totalCount", "totalCountPrecision", "totalCount totalCountPrecision"):
        with demo_client.counting() as statements:
            await listed.page(demo_client, PARTNER, fields)
        made.append(sum("count(" in each for each in statements))

    assert [1, 1, 1] == made


async def test_counts_cost_more_than_other_fields_once_for_all_parents(demo_client: Client) -> None:
    """A count costs 100, and what reads a whole list 1,000, however many parents have it."""
    documents = (
        "{ ports(first: 1) { totalCount } }",
        "{ ports(first: 1) { totalCount totalCountPrecision } }",
        "{ companies(first: 5) { nodes { ports { totalCount } } } }",
        "{ companies(first: 5) { nodes { ...C } } } fragment C on Company { a: ports { totalCount } b: ports { totalCount } }",
        "{ portFacets { totalCount } }",
        "{ viewer { dashboard { ordersWaiting } } }",
        "{ companies(first: 5) { nodes { dashboard { ordersWaiting } } } }",
    )
    costs = []
    for document in documents:
        response = await demo_client.post(PARTNER, "/graphql", {"query": document})
        costs.append(int(response.headers["X-Crossgate-Cost"]))

    assert [101, 201, 111, 216, 1001, 1002, 1011] == costs
