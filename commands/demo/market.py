"""The whole sample market: builds all concepts in order, then copies them into an empty database in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from commands.demo import (
    agreement,
    api_key,
    billing_market,
    change_request,
    company,
    connection_request,
    export,
    identity_issuer,
    inquiry,
    invitation,
    invoice,
    lead,
    location,
    managed_account,
    marketplace_profile,
    membership,
    notification,
    offer,
    order_approval,
    port,
    portal_appearance,
    portal_origin,
    price,
    product,
    seller_registration,
    support_details,
    webhook_endpoint,
)
from commands.demo.world import SCALES, World
from commands.failure import Failure
from models import Base

CONCEPTS: Final = (
    location,
    company,
    managed_account,
    billing_market,
    membership,
    support_details,
    marketplace_profile,
    inquiry,
    price,
    port,
    order_approval,
    connection_request,
    notification,
    product,
    change_request,
    offer,
    agreement,
    lead,
    invoice,
    api_key,
    invitation,
    identity_issuer,
    portal_origin,
    portal_appearance,
    seller_registration,
    webhook_endpoint,
    export,
)
Progress = Callable[[str, int], None]  # (what was done, number of rows)


class NotEmpty(Failure):
    """The database isn't empty. The message names a table and never its contents."""

    def __init__(self, table: str) -> None:
        super().__init__(f"The database is not empty: the table {table} has rows. Use an empty database for the sample market.")
        self.table = table


def make(scale: str, seed: int, progress: Progress) -> World:
    """Build all rows. The same scale and seed give the same rows."""
    world = World(SCALES[scale], seed)
    for concept in CONCEPTS:
        before = world.size
        concept.fill(world)
        progress(f"built {concept.__name__.rpartition('.')[2]}", world.size - before)
    return world


async def filled_table(engine: AsyncEngine) -> str | None:
    """Return the name of a table that has rows, or None."""
    async with engine.connect() as connection:
        return await _filled_table(connection)


async def load(engine: AsyncEngine, world: World, progress: Progress) -> None:
    """Copy all rows in one transaction. Raises NotEmpty."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        async with connection.begin():
            await connection.execute(sa.text("LOCK TABLE company IN SHARE ROW EXCLUSIVE MODE"))  # one load at a time
            if table := await _filled_table(connection):
                raise NotEmpty(table)
            await connection.execute(sa.text("SET LOCAL crossgate.silent = 'on'"))  # no change events for sample data
            raw: Any = (await connection.get_raw_connection()).driver_connection
            for name, rows in world.rows.items():
                records, columns = _records(Base.metadata.tables[name], rows)
                await raw.copy_records_to_table(name, records=records, columns=columns)
                progress(f"stored {name}", len(rows))
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(sa.text("VACUUM (ANALYZE)"))


async def _filled_table(connection: AsyncConnection) -> str | None:
    for table in Base.metadata.sorted_tables:
        if await connection.scalar(sa.select(sa.exists(sa.select(sa.literal(1)).select_from(table)))):
            return table.name
    return None


def _records(table: sa.Table, rows: list[dict[str, Any]]) -> tuple[list[tuple[Any, ...]], list[str]]:
    """Return the rows for COPY (values in column order, JSON as text) and the columns."""
    columns = list(rows[0])
    documents = {name for name in columns if isinstance(table.columns[name].type, sa.JSON)}
    return [tuple(_copy_value(row[name], json_text=name in documents) for name in columns) for row in rows], columns


def _copy_value(value: Any, *, json_text: bool) -> Any:
    return json.dumps(value) if json_text and value is not None else value
