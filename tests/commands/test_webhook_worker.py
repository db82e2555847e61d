"""`crossgate worker` sends each webhook at least once, whatever happens. The test uses a real process and a real receiver."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import open_client
from tests.commands.test_worker_command import worker
from tests.factory import Factory
from tests.receiver import running_receiver
from tests.webhook_worker import deliveries_of, subscribe

PATIENCE: Final = 180  # seconds; a worker builds the whole schema before its first event


async def until(happened: Callable[[], bool]) -> None:
    """Wait until something has happened."""
    async with asyncio.timeout(PATIENCE):
        while not happened():  # noqa: ASYNC110 (another process makes it happen)
            await asyncio.sleep(0.05)


async def test_killed_worker_loses_no_event(data_dir: Path, database_url: str, engine: AsyncEngine) -> None:
    """Events wait while no worker runs. After a kill in the middle of sending, a new worker sends the event with the same ID."""
    factory = Factory(engine)
    async with open_client(database_url, data_dir, development=True) as client, running_receiver() as receiver:
        company = await factory.company()
        port = await factory.port(company)
        endpoint = await subscribe(client, company.admin, receiver)
        await factory.change(port, name="new")
        receiver.delay = 3600
        async with worker(data_dir, database_url, None, "--development") as process:
            await until(lambda: bool(receiver.received))
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
        interrupted = await deliveries_of(client, company.admin, endpoint)
        receiver.delay = 0
        async with worker(data_dir, database_url, None, "--development"):
            await until(lambda: len(receiver.received) > 1)
            async with asyncio.timeout(PATIENCE):
                found = await deliveries_of(client, company.admin, endpoint)
                while found[0]["status"] == "PENDING":
                    await asyncio.sleep(0.1)  # another process changes it
                    found = await deliveries_of(client, company.admin, endpoint)

    assert [("PENDING", 1)] == [(each["status"], each["attempts"]) for each in interrupted]
    assert [("DELIVERED", 2)] == [(each["status"], each["attempts"]) for each in found]
    assert 1 == len({each.headers["webhook-id"] for each in receiver.received})
