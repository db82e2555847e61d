"""What a statement of the gateway touches: the statements of a request as they were run, and PostgreSQL's own account of each.

EXPLAIN runs EXECUTE of a prepared statement, since only that obeys `plan_cache_mode`, under which the gateway reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from models.reading import Reader


@dataclass(frozen=True)
class Statement:
    """A statement as the driver got it."""

    sql: str
    parameters: tuple[Any, ...]

    @property
    def limit(self) -> int:
        """The rows of a page that it asks for, one more than are shown; 1 where it is no page."""
        return max(map(int, re.findall(r"LIMIT (\d+)", self.sql)), default=1)

    @property
    def keys(self) -> int:
        """How many parents or rows it names."""
        return max((len(value) for value in self.parameters if isinstance(value, list)), default=1) or 1


@dataclass(frozen=True)
class Cost:
    """What one execution touched, in pages of 8 KiB from whatever cache or disk, and the rows that came."""

    buffers: int
    rows: int
    plan: Any


@contextmanager
def recording(reader: Reader) -> Iterator[list[Statement]]:
    """Collects the statements that are run inside, with their parameters."""
    statements: list[Statement] = []

    def note(statement: str, values: Sequence[Any]) -> None:
        statements.append(Statement(statement, tuple(values)))

    reader.observers.append(note)
    try:
        yield statements
    finally:
        reader.observers.remove(note)


async def cost(engine: AsyncEngine, statement: Statement) -> Cost:
    """What the statement costs when it is run once more, with the plan that the gateway gets."""
    given = ", ".join(map(_literal, statement.parameters))
    async with engine.connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.execute(f"PREPARE asked AS {statement.sql}")
        try:
            execute = f"EXECUTE asked({given})" if given else "EXECUTE asked"
            explained = await raw.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {execute}")
        finally:
            await raw.execute("DEALLOCATE asked")
    plan = explained[0]["Plan"]
    buffers = sum(plan[f"{where} {kind} Blocks"] for where in ("Shared", "Local", "Temp") for kind in ("Read",))
    return Cost(buffers + plan["Shared Hit Blocks"], int(plan["Actual Rows"]), plan)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, list):  # a quoted array takes the type of its parameter, which ARRAY[] would not
        value = "{" + ",".join(f'"{item}"' for item in value) + "}"
    return "'" + str(value).replace("'", "''") + "'"
