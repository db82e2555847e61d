"""The benchmark databases: created once in a separate PostgreSQL in `.data/bench`, which runs on one core."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa

from benchmarks.machine import family, pin
from benchmarks.workload.market import make, store
from models.database import connect, upgrade
from models.embedded import SUPERUSER, Embedded

DATA: Final = Path(__file__).parents[2] / ".data" / "bench"
POSTGRES: Final = DATA / "postgres"
KEY_FILE: Final = DATA / "signing-key.pem"
WORKLOAD: Final = "workload_1"  # change the number when the market or the schema changes
# No background work during a measurement.
OPTIONS: Final = {"autovacuum": "off", "shared_buffers": "512MB", "max_wal_size": "4GB", "checkpoint_timeout": "1h"}

KNOWN: Final = sa.text("SELECT EXISTS (SELECT FROM pg_database WHERE datname = :name)")


@dataclass(frozen=True, slots=True)
class Database:
    """A benchmark database, with connection details for each kind of client."""

    url: str  # for SQLAlchemy
    postmaster: int  # the server's process ID

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables for PostgreSQL drivers."""
        parts = urlsplit(self.url)
        query = parse_qs(parts.query)
        return {
            "PGHOST": query["host"][0],
            "PGPORT": query["port"][0],
            "PGUSER": parts.username or "",
            "PGDATABASE": parts.path.lstrip("/"),
        }

    def processes(self) -> list[int]:
        """The server's processes."""
        return family(self.postmaster)


@contextmanager
def postgres(core: int) -> Iterator[Embedded]:
    """Run the benchmark PostgreSQL on a core."""
    with Embedded(POSTGRES, OPTIONS) as server:
        pin(postmaster(server), core)
        yield server


def postmaster(server: Embedded) -> int:
    """Return the process ID of a running server."""
    return int((server.directory / "postmaster.pid").read_text().split()[0])


async def copied(server: Embedded, original: str, name: str, script: str) -> Database:
    """Return a copy of a database in which a script was run. Created once; the original must have no connections."""
    engine = connect(server.url(SUPERUSER))
    try:
        async with engine.connect() as connection:
            if not await connection.scalar(KNOWN, {"name": name}):
                draft = f"{name}_new"
                await connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)'))
                await connection.execute(sa.text(f'CREATE DATABASE "{draft}" TEMPLATE "{original}"'))
                await _run(server.url(draft), script)
                await connection.execute(sa.text(f'ALTER DATABASE "{draft}" RENAME TO "{name}"'))
    finally:
        await engine.dispose()
    return Database(server.url(name), postmaster(server))


async def _run(url: str, script: str) -> None:
    engine = connect(url)
    async with engine.connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.execute(script)
        await raw.execute("VACUUM (ANALYZE)")
    await engine.dispose()


async def workload(server: Embedded, progress: Callable[[str], None], name: str = WORKLOAD, divisor: int = 1) -> Database:
    """Return the workload's database, filled if it's empty. A `divisor` makes the market that many times smaller."""
    url = await server.database(name)
    engine = connect(url)
    try:
        await upgrade(engine)
        async with engine.connect() as connection:
            filled = await connection.scalar(sa.text("SELECT EXISTS (SELECT FROM company)"))
        if not filled:
            progress("making the market of the workload")
            await store(engine, make(divisor), progress)
    finally:
        await engine.dispose()
    return Database(url, postmaster(server))
