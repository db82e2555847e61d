"""A primary and its replica: two embedded servers, the second a copy that streams the changes of the first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models.embedded import HBA, Embedded, hand_over, run_program

STREAMING: Final = {"wal_level": "replica", "max_wal_senders": "4"}
CATCH_UP_SECONDS: Final = 60
PRIMARY_AT: Final = sa.text("SELECT pg_current_wal_insert_lsn()::text")
HAS_REPLAYED: Final = sa.text("SELECT pg_last_wal_replay_lsn() >= CAST(CAST(:place AS text) AS pg_lsn)")


@contextmanager
def pair(folder: Path, options: Mapping[str, str]) -> Iterator[tuple[Embedded, Embedded]]:
    """Run a new primary and its replica in an empty folder, both with these options."""
    access = folder / "access"
    access.write_text(f"{HBA}local replication all trust\n")
    with Embedded(folder / "primary", {**options, **STREAMING, "hba_file": str(access)}) as primary:
        address = primary.url("postgres").replace("postgresql+asyncpg", "postgresql")
        copy = folder / "replica"
        copy.mkdir(mode=0o700)
        hand_over(copy)
        run_program("copy", "pg_basebackup", "-D", str(copy), "-R", "-X", "stream", "-c", "fast", "-d", address)
        for name in (".s.PGSQL.5432.lock", "log"):  # the primary's, which it keeps among its files
            (copy / name).unlink(missing_ok=True)
        with Embedded(copy, {**options, **STREAMING}) as replica:
            yield primary, replica


async def caught_up(primary: AsyncEngine, replica: AsyncEngine) -> None:
    """Return once the replica has replayed all that is committed. Raises TimeoutError."""
    async with primary.connect() as connection:
        place = await connection.scalar(PRIMARY_AT)
    async with replica.connect() as connection:
        async with asyncio.timeout(CATCH_UP_SECONDS):
            while not await connection.scalar(HAS_REPLAYED, {"place": place}):  # noqa: ASYNC110 (nothing reports it)
                await asyncio.sleep(0.01)
