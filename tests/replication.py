"""A primary and a replica for tests: two embedded servers, the second a copy that streams the changes of the first."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from models.embedded import HBA, Embedded, _run, hand_over, programs

PRIMARY: Final = {"fsync": "off", "wal_level": "replica", "max_wal_senders": "4", "shared_buffers": "64MB", "autovacuum": "off"}
REPLICA: Final = {"fsync": "off", "shared_buffers": "64MB", "hot_standby": "on"}


@contextmanager
def pair(folder: Path, options: Mapping[str, str] | None = None) -> Iterator[tuple[Embedded, Embedded]]:
    """Run a primary and its replica. `options` of the primary count where PRIMARY has none."""
    access = folder / "access"
    access.write_text(f"{HBA}local replication all trust\n")
    with Embedded(folder / "primary", {**(options or {}), **PRIMARY, "hba_file": str(access)}) as primary:
        address = primary.url("postgres").replace("postgresql+asyncpg", "postgresql")
        copy = folder / "replica"
        copy.mkdir(mode=0o700)
        hand_over(copy)
        _run("copy", "pg_basebackup", "-D", str(copy), "-R", "-X", "stream", "-c", "fast", "-d", address)
        for name in (".s.PGSQL.5432.lock", "log"):  # the primary's, which it keeps among its files
            (copy / name).unlink(missing_ok=True)
        with Embedded(copy, REPLICA) as replica:
            yield primary, replica


def restore(url: str, source: str) -> None:
    """Copy a database to an empty one on another server."""
    dump, target = (each.replace("postgresql+asyncpg", "postgresql") for each in (source, url))
    dumped = subprocess.run([str(programs() / "pg_dump"), "--no-owner", dump], check=True, capture_output=True)
    subprocess.run([str(programs() / "psql"), "-q", "-d", target], input=dumped.stdout, check=True, capture_output=True)
