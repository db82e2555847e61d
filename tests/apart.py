"""Each gateway of the tests as two processes with a lagging replica, for `make test-apart` (CROSSGATE_TEST_APART=1).

A gateway is then two applications over one database, each with its own policy, memory, connections and limits. Requests go now to
one, now to the other; a WebSocket stays with the first. Both have a replica, which replays only when a request waits for it. Each
request has the primary's position, as if its client had just written, so what it returns must be current.

A test of one process's state is marked with `one_process`: it runs on a third application, without a replica. So do requests
while a test counts the statements of the first.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from benchmarks.replication import pair
from models.embedded import Embedded, EmbeddedFailed, run_program
from models.reading import Reader
from models.replicas import BEHIND, BY_REPLICA, FAILED, Position, Replica, Replicas
from resolvers.context import Services
from tests.databases import DIRECTORY, FASTER_THAN_SAFE, alive
from transport.http.replicas import SECRET_PURPOSE, ClientReplicas

ON: Final = os.environ.get("CROSSGATE_TEST_APART") == "1"
FOLDERS: Final = DIRECTORY.parent / "apart"
MARKER: Final = "one_process"
HEADER: Final = b"crossgate-position"
UNKNOWN: Final = b"unknown"  # no position: the primary answers
LAG: Final = 300  # seconds: only positions say whether a replica is too far behind
WAITS: Final = 3  # one request in as many waits until the replica has everything
PATIENCE: Final = 60  # seconds
ENOUGH: Final = 200  # requests after which a run must have seen the replica answer, and be behind
WORKER_OUTPUT_KEY: Final = "apart"  # in `workeroutput`, where a worker sends its numbers
PAUSE: Final = "SELECT pg_wal_replay_pause()"
RESUME: Final = "SELECT pg_wal_replay_resume()"
STATE: Final = "SELECT pg_get_wal_replay_pause_state() AS state"

Build = Callable[[Mapping[str, Any]], Starlette]
"""Builds an application with additional settings."""


@dataclass
class Run:
    """The state of this run of the tests."""

    servers: LaggingServers | None = None  # while they run
    gateways: list[ApartGateway] = field(default_factory=list)  # all that are open
    place: int = 0  # which of two applications is being built
    is_alone: bool = False  # whether the third one answers
    requests: int = 0  # to the two


run: Final = Run()


class LaggingServers:
    """A primary and its replica, which replays only while somebody waits for it."""

    def __init__(self, primary: Embedded, replica: Embedded) -> None:
        self.primary = primary
        self._replica = replica
        self._turn = asyncio.Lock()

    def replica_of(self, url: str) -> str | None:
        """Return the URL of a database on the replica, or None if it's a database of another server."""
        name = sa.make_url(url).database or ""
        return self._replica.url(name) if url == self.primary.url(name) else None

    def connect(self) -> Replica:
        """Return a connection to the replica that needs no database of a test."""
        return Replica(self._replica.url("postgres"), size=1)

    async def catch_up(self, replica: Replica, position: Position) -> None:
        """Return once the replica has replayed a position, and has stopped again."""
        async with self._turn, asyncio.timeout(PATIENCE):
            await replica.run(RESUME, ())
            while (reached := await replica.position()) is None or not reached.contains(position):  # noqa: ASYNC110 (nothing reports it)
                await asyncio.sleep(0.002)
            await replica.run(PAUSE, ())
            while (await replica.run(STATE, ()))[0]["state"] != "paused":  # noqa: ASYNC110 (as above)
                await asyncio.sleep(0.002)


class ApartGateway(Starlette):
    """Two applications that answer in turns, or a third one alone. `state` is that of the first, or of the third."""

    def __init__(self, servers: LaggingServers, url: str, replica_url: str, build: Build) -> None:
        super().__init__()
        self._build = build
        self._servers = servers
        self._replica_url = replica_url
        self._reader = Reader(url)
        self._replica = servers.connect()
        self._replicas = Replicas(self._reader, [self._replica], LAG)
        self._turns = count()
        self._alone: list[Starlette] = []
        self._apart: list[Starlette] = []
        self._running = AsyncExitStack()

    async def __aenter__(self) -> ApartGateway:
        run.gateways.append(self)
        await self.begin()
        return self

    async def __aexit__(self, *_failure: object) -> None:
        run.gateways.remove(self)
        await self._running.aclose()
        await self._replicas.close()
        await self._reader.close()

    async def begin(self) -> None:
        """Start the applications that the current test needs."""
        if run.is_alone:
            self._alone = self._alone or [await self._start({})]
        elif not self._apart:
            await self._catch_up()
            settings = {"replica_urls": (self._replica_url,), "max_replica_lag": LAG}
            self._apart = [await self._start(settings, place) for place in (0, 1)]
            _flush_together(self._apart)
        self.state = self.serving[0].state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let an application answer."""
        first, *more = self.serving
        run.requests += len(more)
        if not more or scope["type"] != "http":
            await first(scope, receive, send)
        elif _is_observed(self.state.services):
            await first(_with_position(scope, UNKNOWN), receive, send)
        else:
            number = next(self._turns)
            app = self.serving[number.bit_count() % 2]  # so that neither gets all repetitions of a request
            await app(_with_position(scope, await self._header(waits=number % WAITS == 0)), receive, send)

    @property
    def serving(self) -> list[Starlette]:
        """The applications that answer."""
        return self._alone if run.is_alone else self._apart

    async def _start(self, settings: Mapping[str, Any], place: int = 0) -> Starlette:
        run.place = place
        try:
            app = self._build(settings)
        finally:
            run.place = 0
        await self._running.enter_async_context(app.router.lifespan_context(app))
        replicas = app.state.services.replicas
        async with asyncio.timeout(PATIENCE):
            while replicas is not None and replicas.reads(None) is None:  # noqa: ASYNC110 (as above)
                await asyncio.sleep(0.002)
        return app

    async def _catch_up(self) -> None:
        position = await self._replicas.position_if_known()
        if position is not None:
            await self._servers.catch_up(self._replica, position)

    async def _header(self, *, waits: bool) -> bytes:
        """Return a header with the primary's position. It's unknown if the database is away, as tests want it sometimes."""
        if waits:
            await self._catch_up()
        secrets = self.state.tokens.secrets
        position = await ClientReplicas(self._replicas, lambda: secrets(SECRET_PURPOSE)).position()
        return UNKNOWN if position is None else position.encode()


def _flush_together(apps: list[Starlette]) -> None:
    """Let a test that flushes the first application's audit log flush both."""
    logs = [app.state.services.audit for app in apps]
    flushes = [log.flush for log in logs]

    async def flush() -> None:
        for each in flushes:
            await each()

    setattr(logs[0], "flush", flush)  # noqa: B010 (a method of one object)


def _is_observed(services: Services) -> bool:
    """Return whether a test collects statements, as `Client.counting` does, or acts before a commit."""
    events = services.engine.sync_engine.dispatch
    _own, *listening = events.before_cursor_execute  # the first one times statements
    return bool(services.reader.observers or listening or events.commit)


def _with_position(scope: Scope, position: bytes) -> Scope:
    """Return the scope with a position, unless the test has sent one."""
    if any(name == HEADER for name, _ in scope["headers"]):
        return scope
    return {**scope, "headers": [*scope["headers"], (HEADER, position)]}


def applications(app: Starlette) -> list[Starlette]:
    """Return the applications that answer for a gateway."""
    return app.serving if isinstance(app, ApartGateway) else [app]


def place() -> int:
    """Return which of two applications is being built, 0 or 1."""
    return run.place


def prepare(items: Sequence[pytest.Item], fixture: str) -> None:
    """Let marked tests use a fixture before all others."""
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker(MARKER) and fixture not in item.fixturenames:
            item.fixturenames.insert(0, fixture)


@contextmanager
def lagging() -> Iterator[Embedded]:
    """Run a primary for the tests, with a replica. They aren't in pytest's directory, which other runs make private."""
    FOLDERS.mkdir(parents=True, exist_ok=True)
    _sweep()
    with TemporaryDirectory(prefix=f"{os.getpid()}-", dir=FOLDERS) as folder, pair(Path(folder), FASTER_THAN_SAFE) as servers:
        run.servers = LaggingServers(*servers)
        try:
            yield servers[0]
        finally:
            run.servers = None


def _sweep() -> None:
    """Stop the servers of processes that have died, and delete their files."""
    for folder in FOLDERS.iterdir():
        if not alive(int(folder.name.partition("-")[0])):
            for server in (folder / "replica", folder / "primary"):
                with suppress(EmbeddedFailed):  # it has ended, or another process stops it too
                    run_program("stop", "pg_ctl", "-w", "-m", "immediate", "-D", str(server), "stop")
            shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def opened(url: str, settings: Mapping[str, Any], build: Build) -> AsyncIterator[Starlette]:
    """Run a gateway as two applications; as one with replicas of its own, or a database that has none."""
    servers = run.servers
    replica_url = None if servers is None or "replica_urls" in settings else servers.replica_of(url)
    if servers is None or replica_url is None:
        app = build({})
        async with app.router.lifespan_context(app):
            yield app
    else:
        async with ApartGateway(servers, url, replica_url, build) as gateway:
            yield gateway


@asynccontextmanager
async def alone() -> AsyncIterator[None]:
    """Let one application without a replica answer all requests in the block."""
    run.is_alone = True
    await _begin()
    try:
        yield
    finally:
        run.is_alone = False
        await _begin()


async def _begin() -> None:
    for gateway in run.gateways:
        await gateway.begin()


class ApartPlugin:
    """Counts what the replica has answered, and fails a run in which it has never answered, or was never behind."""

    def __init__(self) -> None:
        self.requests = self.answered = self.behind = self.failed = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send the numbers to the controller, or judge them."""
        own = BY_REPLICA.value - BEHIND.value - FAILED.value, BEHIND.value, FAILED.value
        self._add(run.requests, *(int(number) for number in own))
        sent = getattr(session.config, "workeroutput", None)
        if sent is not None:
            sent[WORKER_OUTPUT_KEY] = [self.requests, self.answered, self.behind, self.failed]
        elif self.is_one_sided and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add a worker's numbers."""
        self._add(*getattr(node, "workeroutput", {}).get(WORKER_OUTPUT_KEY, ()))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the numbers."""
        numbers = f"answered {self.answered:,} queries, was behind for {self.behind:,}, and failed {self.failed:,}"
        fault = ": it must answer some and be behind for others" if self.is_one_sided else ""
        terminalreporter.write_line(f"apart: {self.requests:,} requests; the replica {numbers}{fault}")

    @property
    def is_one_sided(self) -> bool:
        """Whether there were enough requests, and the replica answered none or was never behind."""
        return self.requests >= ENOUGH and not (self.answered and self.behind)

    def _add(self, requests: int = 0, answered: int = 0, behind: int = 0, failed: int = 0) -> None:
        self.requests += requests
        self.answered += answered
        self.behind += behind
        self.failed += failed
