"""Temporary tables for rows that are asked about and never stored. They live as long as their connection's transaction or session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection


async def create(connection: AsyncConnection, metadata: sa.MetaData) -> None:
    """Make the tables; they shadow real ones of the same name on this connection."""
    await connection.run_sync(metadata.create_all, checkfirst=False)


async def fill(connection: AsyncConnection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Let these be the rows of the table, with those of their values that it has columns for."""
    await connection.execute(sa.text(f"TRUNCATE {table.name}"))  # what is only deleted is scanned for ever
    if rows:
        known = [{name: value for name, value in row.items() if name in table.c} for row in rows]
        await connection.execute(sa.insert(table), known)
