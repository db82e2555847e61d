"""Processes that are killed at random moments and started again: the gateway and the worker, over one database."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import httpx

from tests.commands.process import COMMAND, ROOT, environment

PATIENCE = 60  # seconds for a process to be there


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mortal:
    """A `crossgate` command that is killed, and started again as often."""

    def __init__(self, arguments: tuple[str, ...], variables: Mapping[str, str], log: Path, started: bytes) -> None:
        """`started` is what the process logs once it works."""
        self._arguments = arguments
        self._variables = variables
        self._log = log
        self._started = started
        self._logged = 0  # bytes of the log before this start
        self.deaths = 0
        self._process = self._start()

    async def die(self, random: Random, longest: float) -> None:
        """Be killed at some moment of the next seconds, mostly once it works, and start again."""
        if random.random() < 0.75:
            await self._works()
        await asyncio.sleep(random.uniform(0, longest))
        self._process.kill()
        await asyncio.to_thread(self._process.wait)
        self.deaths += 1
        self._process = self._start()

    async def _works(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while self._started not in self._log.read_bytes()[self._logged :]:  # noqa: ASYNC110 (another process writes it)
                await asyncio.sleep(0.05)

    def stop(self) -> None:
        """End for good, in an orderly way."""
        self._process.terminate()
        self._process.wait(PATIENCE)

    def _start(self) -> subprocess.Popen[bytes]:
        self._logged = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            command = [*COMMAND, *self._arguments]
            return subprocess.Popen(command, cwd=ROOT, env=dict(self._variables), stdout=log, stderr=log)


def gateway(port: int, data_dir: Path, database_url: str, log: Path) -> Mortal:
    """A gateway on a port."""
    return Mortal(("serve", "--port", str(port)), environment(data_dir, database_url), log, b"Uvicorn running on")


def worker(smtp_url: str, data_dir: Path, database_url: str, log: Path) -> Mortal:
    """A worker that sends to a mail server."""
    variables = environment(data_dir, database_url) | {"CROSSGATE_SMTP_URL": smtp_url}
    return Mortal(("worker",), variables, log, b"worker.started")


async def insist(client: httpx.AsyncClient, token: str, query: str, variables: dict[str, Any], key: str) -> Any:
    """The data of a mutation, sent with one key again and again until the gateway acknowledges it."""
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
