"""`python -m benchmarks.scale`: run the gateway's statements against large tables, plain and partitioned, and print what they touch.

Progress goes to standard error. Exits with 1 if a branch that names the partition key touches more than one partition, and with 2
if the disk is too small. The tables are removed at the end.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks.machine import described
from benchmarks.market import prepare
from benchmarks.scale.layouts import layouts
from benchmarks.scale.report import markdown
from benchmarks.scale.simulation import Simulation, simulate
from models.embedded import Embedded

DIRECTORY: Final = Path(__file__).parents[2] / ".data" / "scale"
FULL: Final = {"port": 10_000_000, "audit_event": 100_000_000}
BYTES: Final = {"port": 2_300, "audit_event": 480}  # of a row with its indexes, and what building them needs
OPTIONS: Final = {
    "autovacuum": "off",
    "fsync": "off",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


def main(
    ports: Annotated[int, typer.Option(min=10_000, help="Ports in the table.")] = 200_000,
    events: Annotated[int, typer.Option(min=10_000, help="Audit events in the table.")] = 1_000_000,
    full: Annotated[
        bool, typer.Option("--full", help="10,000,000 ports and 100,000,000 events: some hours, and 50 GB.")
    ] = False,
    port_parts: Annotated[int, typer.Option(min=2, max=256, help="Partitions of the ports.")] = 16,
    event_parts: Annotated[int, typer.Option(min=2, max=256, help="Partitions of the events.")] = 24,
    output: Annotated[Path | None, typer.Option(help="A JSON file for the results.")] = None,
    directory: Annotated[Path, typer.Option(help="Where to put the database, on a disk with enough space.")] = DIRECTORY,
) -> None:
    """Simulate large tables of ports and audit events, plain and partitioned. The defaults take some minutes and 1 GB."""
    rows = FULL if full else {"port": ports, "audit_event": events}
    directory.mkdir(parents=True, exist_ok=True)
    needed = max(BYTES[table] * count for table, count in rows.items()) + 10**9
    if shutil.disk_usage(directory).free < needed:
        typer.echo(f"{directory} needs {needed / 1e9:.0f} GB of free space: choose fewer rows or another --directory", err=True)
        sys.exit(2)
    found = asyncio.run(run(directory, rows, port_parts, event_parts))
    if output is not None:
        output.write_text(json.dumps({"machine": described(), **found.as_json()}, default=str, indent=1))
    typer.echo(markdown(found))
    for failure in found.failures:
        typer.echo(f"not pruned: {failure}", err=True)
    sys.exit(bool(found.failures))


async def run(directory: Path, rows: dict[str, int], port_parts: int, event_parts: int) -> Simulation:
    """Simulate in a PostgreSQL of its own, which is removed at the end."""
    files = directory / "postgres"
    shutil.rmtree(files, ignore_errors=True)
    try:
        with Embedded(files, OPTIONS) as server:
            url = await prepare(server, "small", (), 0)
            return await simulate(url, directory, layouts(port_parts, event_parts), rows, progress)
    finally:
        shutil.rmtree(files, ignore_errors=True)


def progress(what: str) -> None:
    """Print a progress message to standard error."""
    typer.echo(what, err=True)


if __name__ == "__main__":
    typer.run(main)
