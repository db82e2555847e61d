"""Reads: a few connections serve many statements. None is lost, and none runs two statements at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models.reading import PREPARED_CACHE_SIZE, Reader, compile_statement

SIZE = 2
SNAPSHOT_STEPS = 300  # turns of the event loop, more than a snapshot takes


@pytest.fixture
async def reader(database_url: str) -> AsyncIterator[Reader]:
    """Return a reader with two connections."""
    reader = Reader(database_url, SIZE, timeout=5)
    yield reader
    await reader.close()


async def pid(reader: Reader) -> int:
    """Return the PostgreSQL process ID of the connection in use."""
    ((process,),) = await reader.run("SELECT pg_backend_pid()", [])
    return int(process)


def test_statement_is_compiled_to_text_and_parameter_order() -> None:
    """Constants keep their positions among the passed parameters."""
    statement = sa.select(sa.literal(7), sa.bindparam("name", type_=sa.Text()), sa.literal("x"))
    compiled = compile_statement(statement)

    assert "$1" in compiled.text
    assert [7, "given", "x"] == compiled.arguments({"name": "given", "another": 1})


async def test_row_columns_are_attributes(reader: Reader) -> None:
    """A row can be read by name and by position, and raises for an unknown name."""
    (row,) = await reader.run("SELECT 1 AS one, '{\"a\": [2]}'::jsonb AS json", [])

    assert (1, 1, {"a": [2]}) == (row.one, row[0], row.json)
    with pytest.raises(AttributeError, match="two"):
        _ = row.two


async def test_statements_share_connections(reader: Reader) -> None:
    """Many concurrent statements wait for the few connections, and all return."""
    pids = await asyncio.gather(*(pid(reader) for _ in range(50)))

    assert SIZE == len(set(pids))


async def test_sequential_statements_use_one_connection(reader: Reader) -> None:
    """The most recently used connection is taken first."""
    assert 1 == len({await pid(reader) for _ in range(5)})


async def test_failed_statement_releases_its_connection(reader: Reader) -> None:
    """A PostgreSQL error is raised to the caller, and the connection is reused."""
    before = await pid(reader)
    for _ in range(3 * SIZE):
        with pytest.raises(asyncpg.DivisionByZeroError):
            await reader.run("SELECT 1 / 0", [])

    assert before == await pid(reader)


async def test_invalid_values_release_the_connection(reader: Reader) -> None:
    """A driver error is raised to the caller too."""
    for _ in range(3 * SIZE):
        with pytest.raises(asyncpg.DataError):
            await reader.run("SELECT $1::int", ["no number"])

    assert await pid(reader)


async def test_abandoned_statement_is_cancelled_and_its_connection_replaced(reader: Reader) -> None:
    """A caller that stops waiting frees its slot immediately, and PostgreSQL cancels the statement."""
    for _ in range(3 * SIZE):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.run("SELECT pg_sleep(60)", []), 0.05)
    pids = await asyncio.gather(*(pid(reader) for _ in range(10)))

    assert len(set(pids)) <= SIZE
    for _ in range(100):
        (row,) = await reader.run("SELECT count(*) AS n FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'", [])
        if not row.n:
            return
        await asyncio.sleep(0.05)
    pytest.fail("PostgreSQL still runs the abandoned statement")


async def test_places_of_abandoned_statements_go_to_those_who_wait(reader: Reader) -> None:
    """However often that happens, there are as many places as before."""
    for _ in range(3 * SIZE):
        slow = [asyncio.ensure_future(reader.run("SELECT pg_sleep(60)", [])) for _ in range(SIZE)]
        await asyncio.sleep(0.05)
        waiting = [asyncio.ensure_future(pid(reader)) for _ in range(2 * SIZE)]
        await asyncio.sleep(0)
        for each in slow:
            each.cancel()

        assert len(set(await asyncio.gather(*waiting))) <= SIZE
        async with asyncio.timeout(10):
            while reader.in_use:  # noqa: ASYNC110 (abandoned connections are closed in the background)
                await asyncio.sleep(0.01)


async def test_abandoned_snapshot_is_never_read_again(reader: Reader, engine: AsyncEngine) -> None:
    """A caller that stops at any point of a snapshot leaves no connection that would still read that snapshot."""

    async def read() -> None:
        async with reader.snapshot() as snapshot:
            await snapshot.run("SELECT steps FROM progress", [])

    async with engine.connect() as connection:
        await connection.execute(sa.text("CREATE TABLE progress AS SELECT 0 AS steps"))
        for steps in range(SNAPSHOT_STEPS):
            reading = asyncio.ensure_future(read())
            for _ in range(steps):
                await asyncio.sleep(0)
            reading.cancel()
            await asyncio.wait([reading])
            await connection.execute(sa.text("UPDATE progress SET steps = :steps"), {"steps": steps})
            (row,) = await reader.run("SELECT steps FROM progress", [])
            assert steps == row.steps


async def test_cancelled_waiter_takes_no_connection(reader: Reader) -> None:
    """An abandoned place in the queue goes to the next waiter."""
    slow = [asyncio.ensure_future(reader.run("SELECT pg_sleep(0.2)", [])) for _ in range(SIZE)]
    await asyncio.sleep(0.05)
    waiting = [asyncio.ensure_future(pid(reader)) for _ in range(10)]
    await asyncio.sleep(0)
    for waiter in waiting[:9]:
        waiter.cancel()
    await asyncio.gather(*slow)

    assert await waiting[9]
    assert SIZE == len(set(await asyncio.gather(*(pid(reader) for _ in range(20)))))


async def test_lost_connection_is_replaced(reader: Reader, engine: AsyncEngine) -> None:
    """A terminated backend costs no result, whether or not the termination is known yet."""
    for seconds in (0, 0.2):
        dead = await pid(reader)
        async with engine.connect() as connection:
            await connection.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": dead})
        await asyncio.sleep(seconds)

        assert dead != await pid(reader)


async def test_statement_is_retried_when_its_backend_ends(reader: Reader, engine: AsyncEngine) -> None:
    """If the server ends a connection during a read, another connection returns the result."""
    read = asyncio.ensure_future(reader.run("SELECT pg_backend_pid(), pg_sleep(1.5)", []))
    ending = sa.text(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_backend_pid(), pg_sleep%'"
    )
    ended: Sequence[sa.Row[Any]] = []
    async with engine.connect() as connection:
        while not ended and not read.done():
            ended = (await connection.execute(ending)).all()

    assert [(True,)] == [tuple(row) for row in ended]
    assert 1 == len(await read)


async def test_changed_table_is_read_correctly(reader: Reader, engine: AsyncEngine) -> None:
    """A statement prepared before a migration is prepared again after it."""
    async with engine.connect() as connection:
        await connection.execute(sa.text("CREATE TABLE changing AS SELECT 1 AS a"))
        await reader.run("SELECT * FROM changing", [])
        await connection.execute(sa.text("ALTER TABLE changing ADD COLUMN b int DEFAULT 2"))
        (row,) = await reader.run("SELECT * FROM changing", [])

    assert (1, 2) == (row.a, row.b)


async def test_prepared_statements_are_limited(reader: Reader) -> None:
    """A connection caches a limited number of statements, and PostgreSQL holds no more than that."""
    for number in range(PREPARED_CACHE_SIZE + 50):
        await reader.run(f"SELECT {number}", [])
    (row,) = await reader.run("SELECT count(*) AS n FROM pg_prepared_statements", [])

    assert row.n <= PREPARED_CACHE_SIZE + 1


async def test_statements_are_planned_once(reader: Reader) -> None:
    """A prepared statement uses its generic plan from its first run on."""
    for _ in range(3):
        await reader.run("SELECT $1::int", [1])
    (row,) = await reader.run(
        "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement = 'SELECT $1::int'", []
    )

    assert (3, 0) == (row.generic_plans, row.custom_plans)


async def test_closed_reader_opens_again(reader: Reader) -> None:
    """Closing releases all connections. Later reads open new ones."""
    before = await pid(reader)
    await reader.close()

    assert before != await pid(reader)
