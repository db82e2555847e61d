"""`crossgate serve --processes`: several processes share a port, and a restart or a killed process loses no accepted request."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from models.embedded import Embedded
from tests import databases
from tests.commands.process import COMMAND, ROOT, environment

PATIENCE: Final = 60  # seconds for processes to start or stop
QUERY: Final = {"query": "{ __typename }"}


class Gateway:
    """A gateway of two processes, and what it has logged."""

    def __init__(self, data_dir: Path, url: str) -> None:
        self.lines: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", "--processes", "2"],
            cwd=ROOT,
            env=environment(data_dir, url),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        self.wait(lambda: 2 == len(self.of("process.ready")))
        self.url = f"http://127.0.0.1:{self.of('gateway.listening')[0]['port']}"

    def _read(self) -> None:
        assert self.process.stderr
        with self.process.stderr as log:
            for line in log:
                if line.startswith("{"):
                    self.lines.append(json.loads(line))

    def stop(self) -> int:
        """Stop it, and return its exit code once its whole log has been read."""
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        self._reading.join(PATIENCE)
        return code

    def of(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of an event."""
        return [line for line in list(self.lines) if line["event"] == event]

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until the log shows something."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, self.lines[-20:]
            assert self.process.poll() is None, self.lines[-20:]
            time.sleep(0.02)


@pytest.fixture(scope="module")
async def market_url(postgres: Embedded, demo: str) -> AsyncIterator[str]:
    """The URL of a sample market of this module."""
    async with databases.copied(postgres, demo) as url:
        yield url


@pytest.fixture(scope="module")
def gateway(market_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The gateway of all tests here. It stops cleanly, with both of its processes."""
    gateway = Gateway(tmp_path_factory.mktemp("data"), market_url)
    yield gateway
    assert 0 == gateway.stop()
    stopped = {line["pid"] for line in [*gateway.of("process.stopped"), *gateway.of("process.died")]}
    assert {line["pid"] for line in gateway.of("process.started")} == stopped


@contextmanager
def under_load(url: str) -> Iterator[list[int | str]]:
    """Send requests during the block, on kept connections and on new ones. Yields the statuses, and errors as text."""
    stop, found = threading.Event(), list[int | str]()

    def send(client: httpx.Client) -> None:
        try:
            found.append(client.post(f"{url}/graphql", json=QUERY).status_code)
        except httpx.HTTPError as error:
            found.append(repr(error))

    def keep() -> None:
        with httpx.Client(trust_env=False) as client:
            while not stop.is_set():
                send(client)

    def renew() -> None:
        while not stop.is_set():
            with httpx.Client(trust_env=False) as client:
                send(client)

    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(work) for work in (keep, keep, renew, renew)]
        try:
            yield found
        finally:
            stop.set()
            for each in running:
                each.result()


def test_restart_replaces_all_processes_and_loses_no_request(gateway: Gateway) -> None:
    """SIGHUP replaces one after the other. All requests are answered meanwhile."""
    before = {line["pid"] for line in gateway.of("process.ready")}
    with under_load(gateway.url) as answers:
        gateway.process.send_signal(signal.SIGHUP)
        gateway.wait(lambda: before <= {line["pid"] for line in gateway.of("process.stopped")})

    assert {200} == set(answers)
    assert 100 < len(answers)
    assert 2 == len({line["pid"] for line in gateway.of("process.ready")} - before)


def test_killed_process_is_replaced(gateway: Gateway) -> None:
    """The other one answers meanwhile."""
    count, ended = len(gateway.of("process.ready")), {line["pid"] for line in gateway.of("process.stopped")}
    victim = next(line["pid"] for line in gateway.of("process.ready") if line["pid"] not in ended)
    os.kill(victim, signal.SIGKILL)
    gateway.wait(lambda: bool(gateway.of("process.died")))
    status = httpx.post(f"{gateway.url}/graphql", json=QUERY, trust_env=False).status_code
    gateway.wait(lambda: count < len(gateway.of("process.ready")))

    assert 200 == status
    assert [victim] == [line["pid"] for line in gateway.of("process.died")]
