"""The pages that the gateway's statements touch: records a request's statements and explains them with PostgreSQL.

EXPLAIN is run on EXECUTE of a prepared statement, because only that obeys the gateway's `plan_cache_mode`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from models.reading import Reader


@dataclass(frozen=True)
class Statement:
    """A statement as passed to the driver."""

    sql: str
    parameters: tuple[Any, ...]

    @property
    def limit(self) -> int:
        """The number of rows it requests, one more than the page shows. 1 if it isn't a page."""
        return max(map(int, re.findall(r"LIMIT (\d+)", self.sql)), default=1)

    @property
    def keys(self) -> int:
        """The number of parents or rows that it names."""
        return max((len(value) for value in self.parameters if isinstance(value, list)), default=1) or 1


@dataclass(frozen=True)
class Cost:
    """The 8 KiB pages that one execution touched, cached or not, and the number of returned rows."""

    buffers: int
    rows: int
    plan: Any


@contextmanager
def recording(reader: Reader) -> Iterator[list[Statement]]:
    """Collect the statements run in the block, with their parameters."""
    statements: list[Statement] = []

    def note(statement: str, values: Sequence[Any]) -> None:
        statements.append(Statement(statement, tuple(values)))

    reader.observers.append(note)
    try:
        yield statements
    finally:
        reader.observers.remove(note)


async def cost(engine: AsyncEngine, statement: Statement) -> Cost:
    """Run the statement again with the gateway's plan and return its cost."""
    async with engine.connect() as connection:
        return await explain((await connection.get_raw_connection()).driver_connection, statement)


async def explain(driver: Any, statement: Statement) -> Cost:
    """Run the statement on a connection of asyncpg and return its cost."""
    arguments = ", ".join(map(_literal, statement.parameters))
    await driver.execute(f"PREPARE explained AS {statement.sql}")
    try:
        execute = f"EXECUTE explained({arguments})" if arguments else "EXECUTE explained"
        explained = await driver.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {execute}")
    finally:
        await driver.execute("DEALLOCATE explained")
    plan = (json.loads(explained) if isinstance(explained, str) else explained)[0]["Plan"]
    buffers = sum(plan[f"{where} {kind} Blocks"] for where in ("Shared", "Local", "Temp") for kind in ("Read",))
    return Cost(buffers + plan["Shared Hit Blocks"], int(plan["Actual Rows"]), plan)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, list):  # a quoted array takes its parameter's type; ARRAY[] wouldn't
        value = "{" + ",".join("NULL" if item is None else f'"{item}"' for item in value) + "}"
    return "'" + str(value).replace("'", "''") + "'"
