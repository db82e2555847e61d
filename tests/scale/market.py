"""A market of any size, filled by one SQL script in seconds, for the tests of query cost."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

SCRIPT: Final = Path(__file__).with_suffix(".sql")
INDEXES: Final = """
    SELECT i.relname, pg_get_indexdef(i.oid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    WHERE i.relnamespace = 'public'::regnamespace AND NOT x.indisunique
"""


async def enlarge(engine: AsyncEngine, rows: int) -> None:
    """Add `rows` ports and as many offers to a database with the small sample market."""
    async with engine.connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        indexes = await raw.fetch(INDEXES)
        await raw.execute("".join(f"DROP INDEX {name};" for name, _ in indexes))  # rebuilding is faster than updating
        await raw.execute(f"SET plan_cache_mode = auto; SET work_mem = '256MB'; SET scale.rows = {rows}")
        await raw.execute(SCRIPT.read_text())
        await raw.execute("RESET ALL")
    definitions = [definition for _, definition in indexes]
    await gather(*(_run(engine, definitions[part::2]) for part in range(2)))
    await _run(engine, ["VACUUM (ANALYZE)"])


async def _run(engine: AsyncEngine, statements: Sequence[str]) -> None:
    async with engine.connect() as connection:
        await connection.execute(sa.text("SET maintenance_work_mem = '256MB'"))
        for statement in statements:
            await connection.execute(sa.text(statement))
        await connection.execute(sa.text("RESET maintenance_work_mem"))
