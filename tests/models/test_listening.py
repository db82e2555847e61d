"""Listening: what the database tells is heard once for each row, by everybody who listens, and again after an outage."""

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
    """What hears a database of the test's own."""
    listening = ChangeListener(database_url)
    await listening.start()
    await asyncio.wait_for(listening.is_connected.wait(), PATIENCE)
    yield listening
    await listening.close()


@pytest.fixture
def given(engine: AsyncEngine) -> Factory:
    """Makes rows in that database."""
    return Factory(engine)


async def heard_next(heard: ChangeQueue) -> Change:
    """The next change."""
    return await asyncio.wait_for(anext(heard), PATIENCE)


async def is_silent(heard: ChangeQueue) -> bool:
    """Whether nothing more is heard for a while."""
    try:
        await asyncio.wait_for(anext(heard), SILENT)
    except TimeoutError:
        return True
    return False


async def tell(connection: AsyncConnection, message: str) -> None:
    """Tell something on the channel."""
    await connection.execute(sa.select(sa.func.pg_notify(CHANNEL, message)))


async def catch_up(listening: ChangeListener, engine: AsyncEngine) -> None:
    """Wait until every change that is committed by now has arrived: messages come in the order of commits."""
    with listening.subscribe("Marker") as markers:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="READ COMMITTED")
            await tell(connection, orjson.dumps({"type": "Marker", "id": str(uuid4()), "changed": None}).decode())
            await connection.commit()
        await heard_next(markers)


async def test_what_is_new_and_what_has_changed(listening: ChangeListener, given: Factory, engine: AsyncEngine) -> None:
    """A new row is told as such, a changed one with the names of the columns that changed; other types are others' business."""
    with listening.subscribe("Port") as ports, listening.subscribe("ConnectionRequest") as requests:
        port = await given.port(await given.company(), name="before")
        new = await heard_next(ports)
        await given.change(port, name="after", monthly_rate=7)
        await given.change(port, name="after")  # which is no change
        changed = await heard_next(ports)
        await catch_up(listening, engine)

        assert await is_silent(ports)
        assert await is_silent(requests)
    assert [Change(port.key, None), Change(port.key, frozenset({"name", "monthly_rate"}))] == [new, changed]
    assert listening.listeners == 0


async def test_everybody_hears(listening: ChangeListener, given: Factory) -> None:
    """Each listener hears everything from the moment in which it began."""
    company = await given.company()
    with listening.subscribe("Port") as first:
        one = await given.port(company)
        before = await heard_next(first)
        with listening.subscribe("Port") as second:
            other = await given.port(company)
            after = [await heard_next(first), await heard_next(second)]

    assert Change(one.key, None) == before
    assert [Change(other.key, None)] * 2 == after


async def test_changes_of_other_columns_are_not_kept(listening: ChangeListener, given: Factory, engine: AsyncEngine) -> None:
    """Whoever listens to some columns hears of what is new and of changes in those, and keeps nothing of others."""
    with listening.subscribe("Port", {"name"}) as ports, listening.subscribe("Port", ()) as new_ones:
        port = await given.port(await given.company())
        await given.change(port, cost_centre="4711")
        await given.change(port, name="changed", term_months=1)
        await catch_up(listening, engine)
        heard = [await heard_next(ports), await heard_next(new_ones)]

        assert await is_silent(ports)
        assert await is_silent(new_ones)
    assert [Change(port.key, None)] * 2 == heard


async def test_a_transaction_is_heard_when_it_commits(listening: ChangeListener, given: Factory, engine: AsyncEngine) -> None:
    """Nothing is heard of a transaction before it commits or when it rolls back; what it does twice to a row is one change."""
    company = await given.company()
    rename = sa.text("UPDATE port SET name = :name, cost_centre = id::text WHERE id = :id")
    with listening.subscribe("Port") as ports:
        port = await given.port(company)
        assert Change(port.key, None) == await heard_next(ports)
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
        heard = await heard_next(ports)

        assert await is_silent(ports)
    assert silent
    assert Change(port.key, frozenset({"name", "cost_centre"})) == heard


async def test_listeners_go_on_after_an_outage(listening: ChangeListener, given: Factory, engine: AsyncEngine) -> None:
    """When the connection ends another is opened, and whoever listens hears of what happens from then on."""
    company = await given.company()
    with listening.subscribe("Port") as ports:
        async with engine.connect() as connection:
            ended = (await connection.execute(END)).scalars().all()
        async with asyncio.timeout(PATIENCE):
            while listening.is_connected.is_set():  # noqa: ASYNC110 (nobody tells of an outage)
                await asyncio.sleep(0.005)
            await listening.is_connected.wait()
        port = await given.port(company)
        heard = await heard_next(ports)

    assert [True] == ended
    assert Change(port.key, None) == heard


async def test_a_database_that_comes_later(database_url: str) -> None:
    """A gateway starts without its database, tries again and again, and stops at once when it is told to."""
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
async def test_what_is_no_message_is_left(listening: ChangeListener, given: Factory, engine: AsyncEngine, message: str) -> None:
    """Something else on the channel disturbs nobody."""
    with listening.subscribe("Port") as ports:
        async with engine.connect() as connection:
            await tell(connection, message)
        port = await given.port(await given.company())

        assert Change(port.key, None) == await heard_next(ports)


async def test_samples_are_loaded_in_silence(listening: ChangeListener, given: Factory, engine: AsyncEngine) -> None:
    """Whoever loads samples can switch the messages off."""
    company = await given.company()
    with listening.subscribe("Port") as ports:
        port = await given.port(company)
        assert Change(port.key, None) == await heard_next(ports)
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="READ COMMITTED")
            await connection.execute(sa.text("SET LOCAL crossgate.silent = 'on'"))
            await connection.execute(sa.text("UPDATE port SET name = 'sample'"))
            await connection.commit()
        await given.change(port, cost_centre="loud")

        assert Change(port.key, frozenset({"cost_centre"})) == await heard_next(ports)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([{"a"}, {"b"}], frozenset({"a", "b"})),
        ([None, {"b"}], None),
        ([{"a"}, None], None),
    ],
)
async def test_changes_of_a_row_are_one_until_they_are_taken(
    columns: list[set[str] | None], expected: frozenset[str] | None
) -> None:
    """A listener that is busy meanwhile hears of a row once, with all that has changed in it, in the place of the first."""
    heard, one, other = ChangeQueue(), uuid4(), uuid4()
    first, second = (None if each is None else frozenset(each) for each in columns)
    for change in (Change(one, first), Change(other, None), Change(one, second)):
        heard.put(change)

    assert [Change(one, expected), Change(other, None)] == [await anext(heard), await anext(heard)]
    assert await is_silent(heard)


async def test_a_listener_that_is_too_slow_is_told_so() -> None:
    """No more is kept for a listener than its bound; beyond it nothing is kept, now or later."""
    heard = ChangeQueue(most=2)
    for number in range(3):
        heard.put(Change(UUID(int=number), None))
    heard.put(Change(UUID(int=9), None))

    for _ in range(2):
        with pytest.raises(ListenerTooSlow):
            await anext(heard)
