"""Temporary tables for rows that are queried but never stored. They last as long as their connection's transaction or session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection


async def create(connection: AsyncConnection, metadata: sa.MetaData) -> None:
    """Create the tables. They shadow real tables of the same name on this connection."""
    await connection.run_sync(metadata.create_all, checkfirst=False)


async def fill(connection: AsyncConnection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace the table's rows with these. Values that the table has no column for are ignored."""
    await connection.execute(
        sa.text(f"TRUNCATE {table.name}")
    )  # deleted rows of a temporary table are never vacuumed, so every scan would read them
    if rows:
        values = [{name: value for name, value in row.items() if name in table.c} for row in rows]
        await connection.execute(sa.insert(table), values)
