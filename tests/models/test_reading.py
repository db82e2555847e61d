"""Reading: a few connections for many statements, none lost, none shared, none asked of twice at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models.reading import PREPARED_CACHE_SIZE, Reader, compile_statement

SIZE = 2


@pytest.fixture
async def reader(database_url: str) -> AsyncIterator[Reader]:
    """A reader of two connections."""
    reader = Reader(database_url, SIZE, timeout=5)
    yield reader
    await reader.close()


async def pid(reader: Reader) -> int:
    """The process of PostgreSQL that answers."""
    ((found,),) = await reader.run("SELECT pg_backend_pid()", [])
    return int(found)


def test_a_statement_is_compiled_to_text_and_the_order_of_its_parameters() -> None:
    """Constants keep their places among the parameters that are given."""
    statement = sa.select(sa.literal(7), sa.bindparam("name", type_=sa.Text()), sa.literal("x"))
    made = compile_statement(statement)

    assert "$1" in made.text
    assert [7, "given", "x"] == made.arguments({"name": "given", "another": 1})


async def test_rows_have_their_columns_as_attributes(reader: Reader) -> None:
    """A row is read by name, by place, and not by a name that it does not have."""
    (row,) = await reader.run("SELECT 1 AS one, '{\"a\": [2]}'::jsonb AS json", [])

    assert (1, 1, {"a": [2]}) == (row.one, row[0], row.json)
    with pytest.raises(AttributeError, match="two"):
        _ = row.two


async def test_statements_share_the_connections(reader: Reader) -> None:
    """Many statements at once wait for the few connections there are, and all are answered."""
    pids = await asyncio.gather(*(pid(reader) for _ in range(50)))

    assert SIZE == len(set(pids))


async def test_one_after_another_takes_one_connection(reader: Reader) -> None:
    """The connection that was used last is taken first."""
    assert 1 == len({await pid(reader) for _ in range(5)})


async def test_a_statement_that_fails_frees_its_connection(reader: Reader) -> None:
    """An error of PostgreSQL is the caller's, and the connection serves the next."""
    before = await pid(reader)
    for _ in range(3 * SIZE):
        with pytest.raises(asyncpg.DivisionByZeroError):
            await reader.run("SELECT 1 / 0", [])

    assert before == await pid(reader)


async def test_values_that_do_not_fit_free_the_connection(reader: Reader) -> None:
    """An error of the driver is the caller's too."""
    for _ in range(3 * SIZE):
        with pytest.raises(asyncpg.DataError):
            await reader.run("SELECT $1::int", ["no number"])

    assert await pid(reader)


async def test_a_statement_that_is_given_up_is_cancelled_and_its_connection_replaced(reader: Reader) -> None:
    """Whoever stops waiting frees the place at once, and PostgreSQL stops working."""
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
    pytest.fail("PostgreSQL goes on with what nobody waits for")


async def test_whoever_stops_waiting_for_a_connection_takes_none(reader: Reader) -> None:
    """A place in the queue that was given up is passed on to the next."""
    slow = [asyncio.ensure_future(reader.run("SELECT pg_sleep(0.2)", [])) for _ in range(SIZE)]
    await asyncio.sleep(0.05)
    waiting = [asyncio.ensure_future(pid(reader)) for _ in range(10)]
    await asyncio.sleep(0)
    for each in waiting[:9]:
        each.cancel()
    await asyncio.gather(*slow)

    assert await waiting[9]
    assert SIZE == len(set(await asyncio.gather(*(pid(reader) for _ in range(20)))))


async def test_a_connection_that_died_is_replaced(reader: Reader, engine: AsyncEngine) -> None:
    """A backend that is ended costs nobody an answer, whether its end is known already or not."""
    for seconds in (0, 0.2):
        dead = await pid(reader)
        async with engine.connect() as connection:
            await connection.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": dead})
        await asyncio.sleep(seconds)

        assert dead != await pid(reader)


async def test_a_statement_whose_backend_ends_is_asked_again(reader: Reader, engine: AsyncEngine) -> None:
    """Whoever reads while the server ends its connection gets the answer from another."""
    asked = asyncio.ensure_future(reader.run("SELECT pg_backend_pid(), pg_sleep(0.5)", []))
    await asyncio.sleep(0.1)
    ending = sa.text(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_backend_pid(), pg_sleep%'"
    )
    async with engine.connect() as connection:
        ended = (await connection.execute(ending)).all()

    assert [(True,)] == [tuple(row) for row in ended]
    assert 1 == len(await asked)


async def test_a_table_that_changes_is_read_as_it_is(reader: Reader, engine: AsyncEngine) -> None:
    """A statement that was prepared before a migration is prepared anew after it."""
    async with engine.connect() as connection:
        await connection.execute(sa.text("CREATE TABLE changing AS SELECT 1 AS a"))
        await reader.run("SELECT * FROM changing", [])
        await connection.execute(sa.text("ALTER TABLE changing ADD COLUMN b int DEFAULT 2"))
        (row,) = await reader.run("SELECT * FROM changing", [])

    assert (1, 2) == (row.a, row.b)


async def test_what_is_prepared_is_bounded(reader: Reader) -> None:
    """However many statements there are, a connection keeps so many, and PostgreSQL no more."""
    for number in range(PREPARED_CACHE_SIZE + 50):
        await reader.run(f"SELECT {number}", [])
    (row,) = await reader.run("SELECT count(*) AS n FROM pg_prepared_statements", [])

    assert row.n <= PREPARED_CACHE_SIZE + 1


async def test_statements_are_planned_once(reader: Reader) -> None:
    """A prepared statement runs by its generic plan from the first time on."""
    for _ in range(3):
        await reader.run("SELECT $1::int", [1])
    (row,) = await reader.run(
        "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement = 'SELECT $1::int'", []
    )

    assert (3, 0) == (row.generic_plans, row.custom_plans)


async def test_a_closed_reader_opens_again(reader: Reader) -> None:
    """Closing frees all connections; who reads afterwards gets new ones."""
    before = await pid(reader)
    await reader.close()

    assert before != await pid(reader)
