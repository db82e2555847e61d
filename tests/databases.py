"""Databases for tests: each test or session has its own, copied from a template in a fraction of a second.

Copying the empty one takes longer than most tests do, so a test that leaves its schema as it was passes its database on, emptied.

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

from models import Base
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
JOBS: Final = ("events", "periodic_defers", "jobs", "workers")
TABLES: Final = (
    *(table.name for table in Base.metadata.sorted_tables),
    *(f"procrastinate.procrastinate_{name}" for name in JOBS),
)
# Emptying all tables must not run triggers or check foreign keys.
EMPTY: Final = sa.text(
    "DO $$ BEGIN SET LOCAL session_replication_role = replica; "
    + " ".join(f"DELETE FROM {table};" for table in TABLES)
    + " END $$"
)
REWIND: Final = sa.text("SELECT setval(format('%I.%I', schemaname, sequencename), start_value, false) FROM pg_sequences")
OTHERS_END: Final = sa.text(
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# A definition that is changed gets another xmin. Oids below 16384 are PostgreSQL's own.
SHAPE: Final = sa.text("""
    SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
        SELECT 'class ' || oid || ' ' || xmin AS part FROM pg_class WHERE oid >= 16384
        UNION ALL SELECT 'attribute ' || attrelid || ' ' || attnum || ' ' || xmin FROM pg_attribute WHERE attrelid >= 16384
        UNION ALL SELECT 'default ' || oid || ' ' || xmin FROM pg_attrdef
        UNION ALL SELECT 'constraint ' || oid || ' ' || xmin FROM pg_constraint WHERE oid >= 16384
        UNION ALL SELECT 'trigger ' || oid || ' ' || xmin FROM pg_trigger
        UNION ALL SELECT 'function ' || oid || ' ' || xmin FROM pg_proc WHERE oid >= 16384
        UNION ALL SELECT 'schema ' || oid || ' ' || xmin FROM pg_namespace WHERE oid >= 16384
        UNION ALL SELECT 'statistics of ' || starelid FROM pg_statistic WHERE starelid >= 16384
        UNION ALL SELECT 'setting ' || s.setrole || ' ' || s.setconfig::text
            FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database()
        UNION ALL SELECT 'revision ' || version_num FROM alembic_version
    ) parts
""")
_numbers = count(1)
_unused: list[str] = []
_shapes: dict[str, str] = {}


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


@asynccontextmanager
async def emptied(postgres: Embedded, template: str) -> AsyncIterator[str]:
    """Yield the URL of a database like an empty template. A later test gets it again, emptied, if nothing but rows has changed."""
    name = _unused.pop() if _unused else await create(postgres, template)
    url = postgres.url(name)
    if template not in _shapes:
        _shapes[template] = await shape(url)
    yield url
    if await is_emptied(url, _shapes[template]):
        _unused.append(name)
    else:
        await drop(postgres, name)


async def is_emptied(url: str, expected: str) -> bool:
    """End all other connections to a database and delete all rows, if it still has the expected shape."""
    engine = create_async_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(OTHERS_END)
        if expected != await connection.scalar(SHAPE):
            return False
        for statement in (EMPTY, REWIND):
            await connection.execute(statement)
        return True


async def shape(url: str) -> str:
    """Return a digest of all in a database but rows: definitions, settings, statistics and the revision."""
    engine = create_async_engine(url, poolclass=sa.NullPool)
    async with engine.connect() as connection:
        return str(await connection.scalar(SHAPE))


async def drop_unused(postgres: Embedded) -> None:
    """Drop the databases that no later test will get."""
    while _unused:
        await drop(postgres, _unused.pop())


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
