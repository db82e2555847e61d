"""The server process: configures and runs uvicorn.

On shutdown, running requests are finished first, within the time that the settings allow. Subscriptions and sockets, which would
never end by themselves, are closed. Idle connections stay open longer than load balancers keep theirs, so that no balancer sends
a request into a connection that is closing.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

import structlog
import uvicorn
from starlette.applications import Starlette

from settings import Settings
from transport.limits.connections import Bounded, Config
from transport.limits.ledger import Ledger, OwnLedger
from transport.processes.supervisor import RETIRING, Place
from transport.realtime.streams import OpenConnections

log = structlog.stdlib.get_logger("crossgate.serve")
GC_THRESHOLDS: Final = (50_000, 20, 50)  # gc.set_threshold: new objects, then collections of the younger generations
SWITCH_INTERVAL: Final = 0.001  # seconds until a busy thread yields to the event loop; Python's default is 0.005
PING_SECONDS: Final = 20.0  # between WebSocket pings, and to wait for a pong
KEEP_ALIVE_SECONDS: Final = 75  # load balancers commonly use 60
TICKS_PER_SECOND: Final = 10  # of uvicorn's server
DRAIN_SECONDS: Final = 5.0  # at most, for clients of a process that is replaced to move to other connections
DRAIN_INTERVAL: Final = 0.05  # seconds between two looks at its connections
BACKLOG: Final = 2048  # connections that wait to be accepted, as uvicorn has it
EXTRA_FILES: Final = 500  # open files besides client connections: database connections and files


class Server(uvicorn.Server):
    """uvicorn's server, but shutdown first ends the connections that stay open."""

    def __init__(self, config: uvicorn.Config, connections: OpenConnections, seconds: int) -> None:
        """Limit the whole shutdown to `seconds`."""
        super().__init__(config)
        self._open = connections
        self._seconds = seconds

    async def on_tick(self, counter: int) -> bool:
        """Close overdue connections once a second."""
        if counter % TICKS_PER_SECOND == 0:
            now = time.monotonic()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Bounded):
                    connection.close_if_overdue(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, end the connections that stay open, and let uvicorn do the rest."""
        for listening in self.servers:
            listening.close()
        started = time.monotonic()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._open.close(), self._seconds)
        self.config.timeout_graceful_shutdown = max(
            0, round(self._seconds - (time.monotonic() - started))
        )  # the remaining time
        await super().shutdown(sockets)


class ChildServer(Server):
    """The server of one of several processes. It never stops listening for the others: the sockets are shared."""

    def __init__(self, config: Config, connections: OpenConnections, seconds: int, place: Place) -> None:
        super().__init__(config, connections, seconds)
        self._bounded = config
        self._place = place
        self._is_retiring = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, tell the parent, and stop when the parent is gone."""
        await super().startup(sockets)
        asyncio.get_running_loop().add_reader(self._place.lifeline, self._orphaned)
        self._place.report_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the parent's signals only."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(RETIRING, self._retire)
        yield

    def _stop(self, *_: object) -> None:
        self._is_retiring = False
        self.should_exit = True

    def _retire(self, *_: object) -> None:
        self._is_retiring = True
        self.should_exit = True

    def _orphaned(self) -> None:
        asyncio.get_running_loop().remove_reader(self._place.lifeline)
        log.error("process.orphaned")
        self._stop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop. A process that is replaced first answers its idle clients once more, with `Connection: close`."""
        started = time.monotonic()
        if self._is_retiring:
            for listening in (*self.servers, *(sockets or ())):
                listening.close()
            self._bounded.is_draining = True
            told = asyncio.ensure_future(self._open.close())
            await self._drain(started + min(DRAIN_SECONDS, self._seconds / 2))
            told.cancel()
        self._seconds = max(0, round(self._seconds - (time.monotonic() - started)))
        await super().shutdown(sockets)

    async def _drain(self, end: float) -> None:
        """Wait until all connections are closed, or until `end`."""
        while self._is_retiring and self.server_state.connections and time.monotonic() < end:  # noqa: ASYNC110  # uvicorn's set
            await asyncio.sleep(DRAIN_INTERVAL)


def server(app: Starlette, settings: Settings, place: Place | None = None, ledger: Ledger | None = None) -> Server:
    """Return a server for the application, alone or at a place. Its logs go where `configure_logging` sends them.

    `ledger` counts its connections; by default those of this process only.
    """
    config = Config(
        app,
        settings,
        ledger or OwnLedger(),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        ws_max_size=settings.max_body_bytes,
        ws_per_message_deflate=False,  # compression costs 0.3 MB and a millisecond per socket, and messages are short
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        lifespan="on",
        log_config=None,
        access_log=False,  # transport.logs writes a line for each request
        proxy_headers=False,  # transport.app reads them, only from trusted proxies
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    if place is None:
        return Server(config, app.state.connections, settings.shutdown_timeout)
    return ChildServer(config, app.state.connections, settings.shutdown_timeout, place)


def listen(host: str, port: int) -> list[socket.socket]:
    """Listen on every address of a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses = dict.fromkeys((family, address) for family, _, _, _, address in found)
    return [socket.create_server(address, family=family, backlog=BACKLOG) for family, address in addresses]


def serve(
    app: Starlette,
    settings: Settings,
    place: Place | None = None,
    sockets: Sequence[socket.socket] | None = None,
    ledger: Ledger | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, alone or as one of several processes."""
    raise_file_limit(settings.max_connections + EXTRA_FILES)
    gc.collect()
    gc.freeze()  # schema and policy live as long as the process; scanning them again would delay requests
    gc.set_threshold(*GC_THRESHOLDS)  # responses have no reference cycles, so there's almost nothing to collect
    sys.setswitchinterval(SWITCH_INTERVAL)
    server(app, settings, place, ledger).run(None if sockets is None else list(sockets))


def raise_file_limit(wanted: int) -> None:
    """Raise the process's open file limit to `wanted`, or as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        log.warning("files.limited", allowed=allowed, wanted=wanted)
