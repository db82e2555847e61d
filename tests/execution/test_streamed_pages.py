"""Large pages are read and sent in pieces. The response is the same as that of a page that is built at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import Message

from models import ManagedAccount, Port
from models.database import connect
from models.reading import Pieces
from resolvers.execution import streamed_pages
from resolvers.execution.children import SelectedItems
from resolvers.execution.codegen import NotPlannable
from tests.asgi import Exchange, scope_of
from tests.client import DEMO_VIEWERS, HIDDEN, OPERATOR, PARTNER, SHOWN, Client, open_client
from tests.execution.executors import Sides, all_pages_streamed, both_sides
from tests.memory import measured_memory

LARGE: Final = 1200
PORTS: Final = """query Ports($first: Int, $after: String) { ports(first: $first, after: $after) {
  __typename totalCount totalCountPrecision
  nodes { id name status speedMbps monthlyRate { amount currency } location { name } company { id tradingName } viewerCan }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
EDGES: Final = """query Edges($first: Int) { all: ports(first: $first, orderBy: {field: NAME, direction: DESC}) {
  edges { cursor node { id monthlyRate { amount } } } pageInfo { endCursor hasNextPage } count: totalCount } }"""
OFFERS: Final = """query Offers($first: Int) { offers(first: $first) {
  nodes { id name status totalValue { amount } viewerHides { field reason } buyers { id tradingName } } } }"""
PROFILES: Final = """query Profiles($first: Int) { marketplaceProfiles(first: $first) {
  nodes { id companyName contactEmail company { tradingName } } pageInfo { endCursor } } }"""
NONE: Final = """query None($first: Int) { ports(first: $first, filter: {search: "no port has this name"}) {
  nodes { id } totalCount pageInfo { startCursor endCursor hasNextPage } } }"""
DOCUMENTS: Final = (PORTS, EDGES, OFFERS, PROFILES, NONE)
INFO_FIRST: Final = "query First($first: Int) { ports(first: $first) { pageInfo { endCursor } nodes { id } } }"
NESTED: Final = (
    "query Events($first: Int) { ports(first: $first) { nodes { id company { ports(first: 1) { nodes { id } } } } } }"
)
SECRET: Final = b"666.66"  # the price of ports while it's hidden
SEVERAL: Final = "query Several($first: Int) { ports(first: $first) { nodes { id } } products { nodes { id } } }"
BACKWARD: Final = "query Backward($last: Int) { ports(last: $last) { nodes { id } } }"


@pytest.fixture
def small() -> Iterator[None]:
    """Stream pages of any size, three rows at a time."""
    with all_pages_streamed():
        yield


@pytest.fixture
async def sides(demo_url: str, tmp_path: Path) -> AsyncIterator[Sides]:
    """The gateway with its planner and without it, with large pages."""
    async with both_sides(demo_url, tmp_path, LARGE) as sides:
        yield sides


@pytest.fixture
async def client(demo_copy_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    """A gateway over a market of its own, with large pages."""
    async with open_client(demo_copy_url, tmp_path, max_page_size=LARGE) as client:
        client.compares = False
        yield client


@pytest.fixture
async def engine(demo_copy_url: str) -> AsyncIterator[AsyncEngine]:
    """A connection pool for the same market."""
    engine = connect(demo_copy_url)
    yield engine
    await engine.dispose()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
async def test_streamed_page_is_the_same(sides: Sides, viewer: str | None) -> None:
    """Byte for byte, with what is hidden, totals and cursors, for pages that end within a piece and with one."""
    parts = []
    for document in DOCUMENTS:
        replies = [await sides(viewer, document, first=first) for first in (1, 2, 3, 5, 6, 20)]
        parts += [reply.parts for reply in replies]
        assert b'"errors":' not in replies[0].body
    assert max(parts) > 3 or viewer is None


@pytest.mark.usefixtures("small")
async def test_following_pages_are_the_same(sides: Sides) -> None:
    """A page after a cursor is streamed too."""
    first = (await sides(PARTNER, PORTS, first=5)).content["data"]["ports"]["pageInfo"]["endCursor"]
    assert (await sides(PARTNER, PORTS, first=7, after=first)).parts > 2


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("document", "variables"),
    [(INFO_FIRST, {"first": 9}), (NESTED, {"first": 9}), (SEVERAL, {"first": 9}), (BACKWARD, {"last": 9})],
)
async def test_other_pages_are_sent_at_once(sides: Sides, document: str, variables: dict[str, int]) -> None:
    """Where something before the items is known only after them, or a field below them can fail."""
    assert (await sides(PARTNER, document, None, **variables)).parts == 1


async def test_pages_of_usual_sizes_are_sent_at_once(sides: Sides) -> None:
    """Pieces cost more than they save there."""
    assert (await sides(PARTNER, PORTS, first=streamed_pages.MAX_UNSTREAMED_ROWS)).parts == 1
    assert (await sides(PARTNER, PORTS, first=streamed_pages.MAX_UNSTREAMED_ROWS + 1)).parts > 1


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("error", [{"first": LARGE + 1}, {"first": -1}, {"first": 5, "after": "no cursor"}])
async def test_errors_are_the_same(sides: Sides, error: dict[str, Any]) -> None:
    """A page that is refused has its status and its error."""
    await sides(PARTNER, PORTS, first=5)
    assert (await sides(PARTNER, PORTS, None, **error)).parts == 1


@pytest.mark.usefixtures("small")
async def test_hidden_values_are_audited_as_those_of_other_pages_A20(client: Client) -> None:
    """The client compares the audit events of both executors."""
    client.compares = True
    for _ in range(3):
        answer = await client(HIDDEN, PORTS, first=20)
    assert len(answer.redactions) == 1


@pytest.mark.usefixtures("small")
async def test_all_pieces_are_of_one_snapshot(client: Client, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written while a page is sent isn't in it, and no row is missing or sent twice."""
    before = (await client(PARTNER, PORTS, first=20)).body
    await client(PARTNER, PORTS, first=20)
    read, written = Pieces.read, list[bool]()

    async def read_after_write(pieces: Pieces) -> Any:
        rows = await read(pieces)
        async with engine.connect() as connection:
            await connection.execute(sa.update(Port).values(name="written meanwhile"))
            await connection.commit()
        written.append(True)
        return rows

    monkeypatch.setattr(Pieces, "read", read_after_write)
    during = (await client(PARTNER, PORTS, first=20)).body
    monkeypatch.undo()

    assert len(written) > 3
    assert before == during
    assert b"written meanwhile" in (await client(PARTNER, PORTS, first=20)).body


@pytest.mark.usefixtures("small")
async def test_price_that_is_hidden_with_its_change_is_never_sent_V2(client: Client, engine: AsyncEngine) -> None:
    """The first piece confirms the viewer's facts, in the snapshot of the rows."""
    for _ in range(3):
        assert not (await client(SHOWN, PORTS, first=20)).redactions
        await hide_prices(engine, hidden=True)
        answer = await client(SHOWN, PORTS, first=20)
        assert SECRET not in answer.body
        assert answer.redactions
        await hide_prices(engine, hidden=False)


async def hide_prices(engine: AsyncEngine, *, hidden: bool) -> None:
    """Hide the prices of all accounts and write a secret one, or show them with another, in one transaction."""
    async with engine.connect() as connection:
        await connection.execute(sa.update(ManagedAccount).values(pricing=not hidden))
        await connection.execute(sa.update(Port).values(monthly_rate=66_666 if hidden else 100))
        await connection.commit()


@pytest.mark.one_process
@pytest.mark.usefixtures("small")
async def test_client_that_leaves_ends_the_reading(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection to the database is closed soon, and others go on."""
    await client(OPERATOR, PORTS, first=LARGE)
    read, pieces = Pieces.read, list[Any]()

    async def counted(each: Pieces) -> Any:
        pieces.append(await read(each))
        return pieces[-1]

    monkeypatch.setattr(Pieces, "read", counted)
    whole = len((await client(OPERATOR, PORTS, first=LARGE)).body)
    of_whole, pieces[:] = len(pieces), []
    request = await request_of(client, OPERATOR, LARGE)
    exchange = Leaving(request.content)
    await client.app(scope_of(request), exchange.receive, exchange.send)

    assert 0 < sum(map(len, exchange.parts)) < whole / 10
    assert 0 < len(pieces) < of_whole / 2
    for _ in range(100):
        await asyncio.sleep(0.05)
        if not client.app.state.services.reader.in_use:
            break
    assert not client.app.state.services.reader.in_use
    assert whole == len((await client(OPERATOR, PORTS, first=LARGE)).body)


class Leaving(Exchange):
    """A client that leaves after the first part of the response."""

    async def send(self, message: Message) -> None:
        """Keep a part, and leave. As with a server, what is sent later is lost."""
        if not self.is_complete.is_set():
            await super().send(message)
        if self.parts:
            self.is_complete.set()
            await asyncio.sleep(0.01)


@pytest.mark.one_process
@pytest.mark.usefixtures("small")
async def test_page_that_fails_is_cut_off_and_then_built_at_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A response that has begun can't report an error. The next request gets the page from an executor that can."""
    for _ in range(2):
        whole = (await client(PARTNER, PORTS, first=20)).body
    objects, pieces = SelectedItems.objects, list[int]()

    async def fails_once(items: SelectedItems, *arguments: Any) -> list[Any]:
        pieces.append(1)
        if len(pieces) == 3:
            raise NotPlannable("a value that only graphql-core can report")
        return await objects(items, *arguments)

    monkeypatch.setattr(SelectedItems, "objects", fails_once)
    request = await request_of(client, PARTNER, 20)
    exchange = Exchange(request.content)
    with pytest.raises(NotPlannable):
        await client.app(scope_of(request), exchange.receive, exchange.send)

    assert exchange.parts
    assert not exchange.is_complete.is_set()
    assert whole == (await client(PARTNER, PORTS, first=20)).body
    assert len(pieces) == 4


async def request_of(client: Client, viewer: str, first: int) -> httpx.Request:
    """Return a request for PORTS."""
    headers = {"Authorization": f"Bearer {await client._token(viewer)}", "Accept-Encoding": "identity"}
    return client.http.build_request("POST", "/graphql", json={"query": PORTS, "variables": {"first": first}}, headers=headers)


@pytest.mark.usefixtures("small")
async def test_http_1_0_gets_the_page_at_once(client: Client) -> None:
    """It has no way to send a response of unknown length over a connection that stays."""
    for _ in range(2):
        whole = (await client(PARTNER, PORTS, first=20)).body
    request = await request_of(client, PARTNER, 20)
    exchange = Exchange(request.content)
    await client.app({**scope_of(request), "http_version": "1.0"}, exchange.receive, exchange.send)

    assert (1, whole) == (len(exchange.parts), exchange.parts[0])
    assert str(len(whole)).encode() == dict(exchange.headers)[b"content-length"]


@pytest.mark.one_process
async def test_memory_is_that_of_a_piece(client: Client, engine: AsyncEngine) -> None:
    """A page of four times as many rows takes little more memory. The client here forgets what it has read."""
    await copy_ports(engine, times=3)
    client.app.state.services.max_page_size = 4 * LARGE
    peaks = []
    for first in (LARGE, LARGE, LARGE, 4 * LARGE):
        request = await request_of(client, OPERATOR, first)
        exchange = Forgetful(request.content)
        with measured_memory() as memory:
            await client.app(scope_of(request), exchange.receive, exchange.send)
        peaks.append(memory.peak)
        assert exchange.size > 150 * first

    assert peaks[3] < 2 * peaks[2]


async def copy_ports(engine: AsyncEngine, *, times: int) -> None:
    """Add copies of all ports."""
    table: Any = Port.__table__
    columns = [column for column in table.columns if column.computed is None]
    copy = sa.func.generate_series(1, times).table_valued("number").render_derived()
    new = {"id": sa.func.gen_random_uuid(), "name": sa.func.concat(Port.name, "-", copy.c.number)}
    copies = sa.select(*(new.get(column.name, column) for column in columns)).select_from(table.join(copy, sa.true()))
    async with engine.connect() as connection:
        await connection.execute(sa.insert(table).from_select(columns, copies))
        await connection.commit()


class Forgetful(Exchange):
    """A client that only counts what it gets."""

    size = 0

    async def send(self, message: Message) -> None:
        """Count a part."""
        self.size += len(message.get("body", b""))
        await super().send({**message, "body": b""})
