"""Change events reach every listener, once per row, and keep arriving after an outage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models.listening import CHANNEL, Change, ChangeListener, ChangeQueue, ListenerTooSlow
from tests.factory import Factory

SILENT = 0.2  # seconds
PATIENCE = 30  # seconds: a busy machine is slow, not wrong
END = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
)


@pytest.fixture
async def listening(database_url: str) -> AsyncIterator[ChangeListener]:
    """Return a listener to the test's own database."""
    listening = ChangeListener(database_url)
    await listening.start()
    await asyncio.wait_for(listening.is_connected.wait(), PATIENCE)
    yield listening
    await listening.close()


@pytest.fixture
def factory(engine: AsyncEngine) -> Factory:
    """Return a factory for rows in that database."""
    return Factory(engine)


async def next_change(queue: ChangeQueue) -> Change:
    """Return the next change, or fail after PATIENCE seconds."""
    return await asyncio.wait_for(anext(queue), PATIENCE)


async def is_silent(queue: ChangeQueue) -> bool:
    """Return True if no change arrives for a while."""
    try:
        await asyncio.wait_for(anext(queue), SILENT)
    except TimeoutError:
        return True
    return False


async def notify(connection: AsyncConnection, message: str) -> None:
    """Send a message on the channel."""
    await connection.execute(sa.select(sa.func.pg_notify(CHANNEL, message)))


async def catch_up(listening: ChangeListener, engine: AsyncEngine) -> None:
    """Wait until every committed change has arrived. Messages arrive in commit order."""
    with listening.subscribe("Marker") as markers:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="READ COMMITTED")
            await notify(connection, orjson.dumps({"type": "Marker", "id": str(uuid4()), "changed": None}).decode())
            await connection.commit()
        await next_change(markers)


async def test_new_and_changed_rows_are_reported(listening: ChangeListener, factory: Factory, engine: AsyncEngine) -> None:
    """A new row is reported as new, and a changed one with its changed columns. Other types aren't reported."""
    with listening.subscribe("Port") as ports, listening.subscribe("ConnectionRequest") as requests:
        port = await factory.port(await factory.company(), name="before")
        new = await next_change(ports)
        await factory.change(port, name="after", monthly_rate=7)
        await factory.change(port, name="after")  # no change
        changed = await next_change(ports)
        await catch_up(listening, engine)

        assert await is_silent(ports)
        assert await is_silent(requests)
    assert [Change(port.key, None), Change(port.key, frozenset({"name", "monthly_rate"}))] == [new, changed]
    assert listening.listeners == 0


async def test_every_listener_receives_changes(listening: ChangeListener, factory: Factory) -> None:
    """Each listener receives all changes from its subscription on."""
    company = await factory.company()
    with listening.subscribe("Port") as first:
        one = await factory.port(company)
        before = await next_change(first)
        with listening.subscribe("Port") as second:
            other = await factory.port(company)
            after = [await next_change(first), await next_change(second)]

    assert Change(one.key, None) == before
    assert [Change(other.key, None)] * 2 == after


async def test_changes_of_other_columns_are_dropped(listening: ChangeListener, factory: Factory, engine: AsyncEngine) -> None:
    """A listener to some columns receives new rows and changes in those columns, and queues no others."""
    with listening.subscribe("Port", {"name"}) as ports, listening.subscribe("Port", ()) as new_ones:
        port = await factory.port(await factory.company())
        await factory.change(port, cost_centre="4711")
        await factory.change(port, name="changed", term_months=1)
        await catch_up(listening, engine)
        changes = [await next_change(ports), await next_change(new_ones)]

        assert await is_silent(ports)
        assert await is_silent(new_ones)
    assert [Change(port.key, None)] * 2 == changes


async def test_changes_arrive_when_their_transaction_commits(
    listening: ChangeListener, factory: Factory, engine: AsyncEngine
) -> None:
    """A transaction is reported only after it commits. Two changes of a row in one transaction are one change."""
    company = await factory.company()
    rename = sa.text("UPDATE port SET name = :name, cost_centre = id::text WHERE id = :id")
    with listening.subscribe("Port") as ports:
        port = await factory.port(company)
        assert Change(port.key, None) == await next_change(ports)
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="READ COMMITTED")
            await connection.execute(rename, {"name": "lost", "id": port.key})
            await connection.rollback()
            for name in ("one", "two"):
                await connection.execute(rename, {"name": name, "id": port.key})
            await catch_up(listening, engine)
            silent = await is_silent(ports)
            await connection.commit()
        await catch_up(listening, engine)
        change = await next_change(ports)

        assert await is_silent(ports)
    assert silent
    assert Change(port.key, frozenset({"name", "cost_centre"})) == change


async def test_listeners_continue_after_an_outage(listening: ChangeListener, factory: Factory, engine: AsyncEngine) -> None:
    """When the connection ends, another is opened, and listeners receive the changes from then on."""
    company = await factory.company()
    with listening.subscribe("Port") as ports:
        async with engine.connect() as connection:
            ended = (await connection.execute(END)).scalars().all()
        async with asyncio.timeout(PATIENCE):
            while listening.is_connected.is_set():  # noqa: ASYNC110 (there is no event for an outage)
                await asyncio.sleep(0.005)
            await listening.is_connected.wait()
        port = await factory.port(company)
        change = await next_change(ports)

    assert [True] == ended
    assert Change(port.key, None) == change


async def test_gateway_starts_before_its_database(database_url: str) -> None:
    """The listener starts without its database, keeps retrying, and stops immediately when closed."""
    listening = ChangeListener("postgresql://nobody@127.0.0.1:9/nothing")
    await listening.start()
    await asyncio.sleep(0.3)
    connected = listening.is_connected.is_set()
    await listening.close()

    assert not connected
    assert database_url


@pytest.mark.parametrize(
    "message", ["", "[]", "{}", '{"type": "Port", "id": 1, "changed": null}', '{"type": "Port", "id": "x"}']
)
async def test_invalid_messages_are_ignored(
    listening: ChangeListener, factory: Factory, engine: AsyncEngine, message: str
) -> None:
    """Other messages on the channel don't disturb the listeners."""
    with listening.subscribe("Port") as ports:
        async with engine.connect() as connection:
            await notify(connection, message)
        port = await factory.port(await factory.company())

        assert Change(port.key, None) == await next_change(ports)


async def test_loading_samples_sends_no_events(listening: ChangeListener, factory: Factory, engine: AsyncEngine) -> None:
    """A load of sample data can turn the messages off."""
    company = await factory.company()
    with listening.subscribe("Port") as ports:
        port = await factory.port(company)
        assert Change(port.key, None) == await next_change(ports)
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="READ COMMITTED")
            await connection.execute(sa.text("SET LOCAL crossgate.silent = 'on'"))
            await connection.execute(sa.text("UPDATE port SET name = 'sample'"))
            await connection.commit()
        await factory.change(port, cost_centre="loud")

        assert Change(port.key, frozenset({"cost_centre"})) == await next_change(ports)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([{"a"}, {"b"}], frozenset({"a", "b"})),
        ([None, {"b"}], None),
        ([{"a"}, None], None),
    ],
)
async def test_pending_changes_of_a_row_are_merged(columns: list[set[str] | None], expected: frozenset[str] | None) -> None:
    """A busy listener receives a row once, with all its changed columns, in the position of the first change."""
    queue, one, other = ChangeQueue(), uuid4(), uuid4()
    first, second = (None if names is None else frozenset(names) for names in columns)
    for change in (Change(one, first), Change(other, None), Change(one, second)):
        queue.put(change)

    assert [Change(one, expected), Change(other, None)] == [await anext(queue), await anext(queue)]
    assert await is_silent(queue)


async def test_slow_listener_gets_an_error() -> None:
    """A listener's queue has a limit. Beyond it, nothing is queued, now or later."""
    queue = ChangeQueue(max_pending=2)
    for number in range(3):
        queue.put(Change(UUID(int=number), None))
    queue.put(Change(UUID(int=9), None))

    for _ in range(2):
        with pytest.raises(ListenerTooSlow):
            await anext(queue)
