"""Gateway and worker processes on one database, killed at random times and restarted.

They are forked from a process that has already imported the command, since imports take most of a start.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Mapping
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Any

import httpx

from commands.__main__ import app
from tests.commands.process import environment

PATIENCE = 60  # seconds for a process to start or stop
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(
    [__name__, "commands.work.serve", "commands.work.worker"]
)  # a command imports its work when it runs


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class KillableProcess:
    """A `crossgate` command that can be killed and restarted."""

    def __init__(self, arguments: tuple[str, ...], variables: Mapping[str, str], log: Path, started: bytes) -> None:
        """Start the process. `started` is what it logs once it's ready."""
        self._arguments = arguments
        self._variables = variables
        self._log = log
        self._started = started
        self._logged = 0  # log size in bytes before this start
        self.deaths = 0
        self._process = self._start()

    async def kill_and_restart(self, random: Random, max_delay: float) -> None:
        """Kill the process after a random delay, usually once it's ready, and restart it."""
        if random.random() < 0.75:
            await self._wait_until_ready()
        await asyncio.sleep(random.uniform(0, max_delay))
        await self.restart()

    async def restart(self) -> None:
        """Kill the process, and start it again."""
        self._process.kill()
        await asyncio.to_thread(self._process.join)
        self.deaths += 1
        self._process = self._start()

    def freeze(self) -> None:
        """Stop the process where it is. It does nothing more until it's killed."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    async def _wait_until_ready(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while self._started not in self._log.read_bytes()[self._logged :]:  # noqa: ASYNC110 (another process writes the log)
                await asyncio.sleep(0.05)

    def stop(self) -> None:
        """Stop the process cleanly."""
        self._process.terminate()
        self._process.join(PATIENCE)
        assert self._process.exitcode is not None

    def _start(self) -> ForkServerProcess:
        self._logged = self._log.stat().st_size if self._log.exists() else 0
        self._log.touch()
        process = FORKS.Process(target=_run, args=(self._arguments, dict(self._variables), self._log))
        process.start()
        return process


def _run(arguments: tuple[str, ...], variables: dict[str, str], log: Path) -> None:
    """Run a command in this process, with its output in a log."""
    output = os.open(log, os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.environ.clear()
    os.environ.update(variables)
    app(arguments, prog_name="crossgate")


def gateway(port: int, data_dir: Path, database_url: str, log: Path) -> KillableProcess:
    """Start a gateway on a port."""
    return KillableProcess(("serve", "--port", str(port)), environment(data_dir, database_url), log, b"Uvicorn running on")


def worker(smtp_url: str, data_dir: Path, database_url: str, log: Path) -> KillableProcess:
    """Start a worker that sends to a mail server."""
    variables = environment(data_dir, database_url) | {"CROSSGATE_SMTP_URL": smtp_url}
    return KillableProcess(("worker",), variables, log, b"worker.started")


async def retry_until_acknowledged(
    client: httpx.AsyncClient, token: str, query: str, variables: dict[str, Any], key: str
) -> Any:
    """Send a mutation with one idempotency key until the gateway acknowledges it, and return its data."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    async with asyncio.timeout(3 * PATIENCE):
        while True:
            try:
                answer = await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
                if answer.status_code == httpx.codes.OK and not (body := answer.json()).get("errors"):
                    return body["data"]
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
