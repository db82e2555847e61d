"""Plans are made for a company that has a large part of each table, whatever the others have."""

from __future__ import annotations

import os
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Base
from models.database import connect, upgrade
from models.planner_statistics import N_DISTINCT
from tests.models.factory import company, location, port

OPTIONS: Final = """
    SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND a.attoptions = ARRAY['n_distinct={}']
"""
ASSUMED: Final = "SELECT n_distinct FROM pg_stats WHERE tablename = 'port' AND attname = 'company_id'"


async def test_each_column_that_references_a_company_is_set(engine: AsyncEngine) -> None:
    """No column is forgotten, also of a table that is new."""
    references = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table.name == "company" for key in column.foreign_keys)
    }

    assert references == set(await rows(engine, OPTIONS.format(N_DISTINCT)))


async def test_upgrade_keeps_what_an_operator_has_set(engine: AsyncEngine) -> None:
    """Who knows its data better sets another number, and an upgrade leaves it."""
    await run(engine, "ALTER TABLE port ALTER company_id SET (n_distinct = 7)")
    await upgrade(engine)

    assert [("port", "company_id")] == await rows(engine, OPTIONS.format(7))


async def test_filled_table_is_analyzed_when_it_is_set(engine: AsyncEngine) -> None:
    """An upgrade of a database with rows takes effect at once."""
    await run(engine, "ALTER TABLE port ALTER company_id RESET (n_distinct)")
    async with engine.begin() as connection:
        place = await location(connection)
        for _ in range(3):
            await port(connection, await company(connection), place)
    await run(engine, "ANALYZE port")
    before = await rows(engine, ASSUMED)
    await upgrade(engine)

    assert [(-1.0,)] == before
    assert [(float(N_DISTINCT),)] == await rows(engine, ASSUMED)


async def test_tables_of_others_are_left_alone(engine: AsyncEngine) -> None:
    """A role that owns no table starts on an upgraded database, also next to a table that references companies and isn't set."""
    role = f"stranger_{os.getpid()}"
    await run(engine, "ALTER TABLE port ALTER company_id RESET (n_distinct)")
    await run(engine, f"CREATE ROLE {role} IN ROLE pg_read_all_data")
    stranger = connect(f"{engine.url.render_as_string(hide_password=False)}&options=-c%20role%3D{role}")
    try:
        await upgrade(stranger)
    finally:
        await stranger.dispose()
        await run(engine, f"DROP ROLE {role}")

    assert ("port", "company_id") not in await rows(engine, OPTIONS.format(N_DISTINCT))


async def rows(engine: AsyncEngine, query: str) -> list[Any]:
    """Return the rows of a query as tuples."""
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(sa.text(query))]


async def run(engine: AsyncEngine, statement: str) -> None:
    """Run a statement."""
    async with engine.begin() as connection:
        await connection.execute(sa.text(statement))
