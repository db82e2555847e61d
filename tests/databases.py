"""Databases for tests: each test or session has its own, copied from a template in a fraction of a second.

Their names have the id of the process that created them, so concurrent runs don't collide and a later run drops leftovers.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from models.embedded import Embedded, programs

DIRECTORY: Final = Path(__file__).parents[1] / ".data" / "test" / "postgres"
FASTER_THAN_SAFE: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "512MB",
    "autovacuum": "off",  # the tests' databases live for minutes
}
PREFIX: Final = f"test_{os.getpid()}_"
_numbers = count(1)


def server() -> Embedded:
    """Return the server for tests, not started."""
    return Embedded(DIRECTORY, FASTER_THAN_SAFE)


async def create(postgres: Embedded, template: str = "template1") -> str:
    """Create a copy of a template database and return its name. The template must have no connections."""
    name = f"{PREFIX}{next(_numbers)}"
    await _execute(postgres, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return name


@asynccontextmanager
async def copied(postgres: Embedded, template: str) -> AsyncIterator[str]:
    """Yield the URL of a copy of a template database, and drop it afterwards."""
    name = await create(postgres, template)
    yield postgres.url(name)
    await drop(postgres, name)


async def drop(postgres: Embedded, name: str) -> None:
    """Drop a database, even if it has connections."""
    await _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")


async def sweep(postgres: Embedded) -> None:
    """Drop the databases of processes that have ended."""
    for name in await _execute(postgres, "SELECT datname FROM pg_database"):
        owner = re.fullmatch(r"test_(\d+)_\d+", name)
        if owner and not alive(int(owner[1])):
            with suppress(sa.exc.DBAPIError):  # another run sweeps too
                await drop(postgres, name)


def alive(process: int) -> bool:
    """Return whether a process runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's process
        return True
    return True


async def _execute(postgres: Embedded, statement: str) -> list[str]:
    engine = create_async_engine(postgres.url("postgres"), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        answer = await connection.execute(sa.text(statement))
        return list(answer.scalars()) if answer.returns_rows else []


def restore(url: str, source: str) -> None:
    """Copy a database to an empty one on another server."""
    dump, target = (each.replace("postgresql+asyncpg", "postgresql") for each in (source, url))
    dumped = subprocess.run([str(programs() / "pg_dump"), "--no-owner", dump], check=True, capture_output=True)
    subprocess.run([str(programs() / "psql"), "-q", "-d", target], input=dumped.stdout, check=True, capture_output=True)
