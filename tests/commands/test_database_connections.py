"""`crossgate serve` warns if its processes can open more connections than PostgreSQL allows."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from commands.work.database_connections import check_connections
from settings import Settings

NAMES = ("max_connections", "superuser_reserved_connections")  # no test's server reserves connections for others


@pytest.mark.parametrize("processes", [1, 4])
async def test_too_many_connections_are_a_warning(
    demo_engine: AsyncEngine, demo_url: str, tmp_path: Path, processes: int
) -> None:
    """The warning has the numbers. At exactly what PostgreSQL allows, there is none. A restart needs one process more."""
    async with demo_engine.connect() as connection:
        limit, superusers = [int((await connection.execute(text(f"SHOW {name}"))).scalar_one()) for name in NAMES]
    allowed = limit - superusers
    starting = processes if processes == 1 else processes + 1
    fitting = (allowed // starting - 1) // 2
    warnings = []
    for pool_size in (fitting, fitting + 1):
        settings = Settings(data_dir=tmp_path, database_url=demo_url, processes=processes, pool_size=pool_size)
        with capture_logs() as logs:
            await check_connections(settings)
        warnings.append(
            [(line["needed"], line["allowed"]) for line in logs if line["event"] == "database.connections_exceeded"]
        )

    assert [[], [(starting * (2 * fitting + 3), allowed)]] == warnings
