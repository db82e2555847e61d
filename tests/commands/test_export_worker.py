"""`crossgate worker` writes exports in the background, and a killed worker loses and repeats no row. The test uses real processes."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client, open_client
from tests.commands.test_worker_command import worker
from tests.exports import content, queried, read, start
from tests.factory import Factory
from tests.rules.test_lead_export import store

PATIENCE: Final = 180  # seconds; a worker builds the whole schema before its first export
ROWS: Final = 4_000
FIELDS: Final = "id message"


async def until(client: Client, viewer: str, started: dict[str, Any], *, rows: int) -> dict[str, Any]:
    """Wait until an export has some rows, and return it."""
    async with asyncio.timeout(PATIENCE):
        found: dict[str, Any] = await read(client, viewer, started)
        while found["rowCount"] < rows and found["status"] != "COMPLETED":
            await asyncio.sleep(0.01)  # another process writes it
            found = await read(client, viewer, started)
    return found


async def test_killed_worker_loses_and_repeats_no_row(
    data_dir: Path, database_url: str, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next worker continues after the last page, and the file has each row once."""
    monkeypatch.setenv("CROSSGATE_DEFAULT_PAGE_SIZE", "10")
    monkeypatch.setenv("CROSSGATE_MAX_PAGE_SIZE", "10")
    factory = Factory(engine)
    async with open_client(database_url, data_dir, development=True) as client:
        company = await factory.company()
        await store(engine, company, ROWS)
        started = await start(client, company.admin, f"{{ leads {{ nodes {{ {FIELDS} }} }} }}")
        async with worker(data_dir, database_url, None, "--development") as process:
            await until(client, company.admin, started, rows=1)
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
        interrupted = await read(client, company.admin, started)
        async with worker(data_dir, database_url, None, "--development"):
            await until(client, company.admin, started, rows=ROWS + 1)
        written = [orjson.loads(line) for line in (await content(client, company.admin, started)).splitlines()]
    monkeypatch.undo()
    async with open_client(database_url, data_dir) as client:
        expected = await queried(client, company.admin, FIELDS, "leads", size=1000)

    assert ("RUNNING", True) == (interrupted["status"], 0 < interrupted["rowCount"] < ROWS)
    assert expected == written
