"""Runs peers as processes on the servers' core: starts them, waits until they answer, and stops them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.error import HTTPError

from benchmarks.machine import cpu_ms, end_with_parent, family, pin
from benchmarks.peers.install import install_node, install_python
from benchmarks.peers.registry import HANDWRITTEN, Peer
from benchmarks.workload.database import DATA, Database
from benchmarks.workload.queries import Query
from benchmarks.workload.viewers import Bearer

ROOT: Final = Path(__file__).parents[2]
START_SECONDS: Final = 60
STOP_SECONDS: Final = 10
ASK_SECONDS: Final = 60
QUIET: Final = 0.3  # seconds without work after which a server has nothing to do


class DidNotStart(Exception):
    """A server exited instead of listening, or took too long. The message has its output."""


@dataclass(frozen=True, slots=True)
class Running:
    """A listening server."""

    peer: Peer
    port: int
    process: int

    def processes(self) -> list[int]:
        """The server's processes."""
        return family(self.process)

    def ask(self, query: Query, viewer: Bearer) -> bytes:
        """Send a request and return the response's content, whatever its status."""
        headers = {"Content-Type": "application/json", **self.peer.headers(viewer)}
        url = f"http://127.0.0.1:{self.port}/graphql"
        request = urllib.request.Request(url, self.peer.body(query).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=ASK_SECONDS) as response:  # noqa: S310 (http, to ourselves)
                content: bytes = response.read()
        except HTTPError as error:
            content = error.read()
        return content


def install(peers: list[Peer], progress: Callable[[str], None]) -> None:
    """Install everything that the peers need. Raises NotInstalled."""
    if any(peer.is_node for peer in peers):
        install_node(progress)
    if any(not peer.is_node and not peer.is_gateway and peer.name != HANDWRITTEN for peer in peers):
        install_python(progress)


@contextmanager
def running(peer: Peer, database: Database, core: int, extra: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Start a server on its own port. Raises DidNotStart."""
    port = free_port()
    variables = {**peer.variables(database, port), **(extra or {})}
    with started(peer.name, peer.command(), variables, port, {core}) as process:
        if peer.is_gateway:
            process.send_signal(signal.SIGUSR1)  # discards its logs, which have a line per request
        yield Running(peer, port, process.pid)


@contextmanager
def started(
    name: str, command: Sequence[str], variables: Mapping[str, str], port: int, cores: set[int]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program on some cores for the length of the block, once it listens on the port. Raises DidNotStart."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "CROSSGATE_", "DATABASE_URL"))}
    process = _start(name, command, {**kept, **variables, "PYTHONPATH": str(ROOT)})
    try:
        pin(process.pid, *cores)
        _wait(name, process, port)
        pin(process.pid, *cores)  # including its threads so far
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def all_running(peers: list[Peer], databases: Callable[[Peer], Database], core: int) -> Iterator[list[Running]]:
    """Start all servers."""
    with ExitStack() as stack:
        yield [stack.enter_context(running(peer, databases(peer), core)) for peer in peers]


def _start(name: str, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the process. Its output is captured in case it fails to start."""
    log = _log(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as written:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=written, stderr=written, preexec_fn=end_with_parent)


def _log(name: str) -> Path:
    return DATA / "logs" / f"{name}.log"


def _wait(name: str, process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _listens(port):
        if process.poll() is not None or time.monotonic() > deadline:
            said = _log(name).read_text(errors="replace").strip()[-2000:]
            raise DidNotStart(f"{name} does not listen: {said or 'it says nothing'}")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


async def settled(server: Running) -> None:
    """Wait until a server has nothing to do."""
    last, since = cpu_ms(server.processes()), time.perf_counter()
    while time.perf_counter() - since < QUIET:
        await asyncio.sleep(QUIET / 10)
        if (now := cpu_ms(server.processes())) - last > 1:
            last, since = now, time.perf_counter()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
