"""The server process: how uvicorn is set up to run the gateway.

Requests under way when the process is told to stop are finished first, for as long as the settings allow; subscriptions and sockets,
which would never end by themselves, are told to. Connections are kept
open for longer than load balancers keep theirs, so that none sends a request into a connection that is just being closed.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import socket
import sys
import time
from contextlib import suppress
from typing import Final

import structlog
import uvicorn
from starlette.applications import Starlette

from settings import Settings
from transport.limits.connections import Bounded, Config
from transport.realtime.streams import OpenConnections

log = structlog.stdlib.get_logger("crossgate.serve")
COLLECTED: Final = (50_000, 20, 50)  # objects, and collections of the younger generations, between two collections
SWITCHED: Final = (
    0.001  # seconds after which the event loop gets its turn beside a computation in a thread; Python's own is 0.005
)
PING_SECONDS: Final = 20.0  # between two pings of a WebSocket, and for its answer
KEEP_ALIVE_SECONDS: Final = 75  # load balancers commonly keep theirs for 60
TICKS: Final = 10  # of uvicorn's server in a second
OTHER_FILES: Final = 500  # that a process has open beside its connections: those to the database, and files


class Server(uvicorn.Server):
    """uvicorn's, but that what stays open is ended before anything is waited for."""

    def __init__(self, config: uvicorn.Config, connections: OpenConnections, seconds: int) -> None:
        """All of it takes `seconds` at most."""
        super().__init__(config)
        self._open = connections
        self._seconds = seconds

    async def on_tick(self, counter: int) -> bool:
        """Once a second, end the connections whose clients have been waited for too long."""
        if counter % TICKS == 0:
            now = time.monotonic()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Bounded):
                    connection.look(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no new connection, end those that stay open, and let uvicorn do the rest."""
        for listening in self.servers:
            listening.close()
        started = time.monotonic()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._open.close(), self._seconds)
        self.config.timeout_graceful_shutdown = max(0, round(self._seconds - (time.monotonic() - started)))  # what is left
        await super().shutdown(sockets)


def server(app: Starlette, settings: Settings) -> Server:
    """A server for the gateway. Its logs go wherever `configure_logging` sends them."""
    config = Config(
        app,
        settings,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        ws_max_size=settings.max_body_bytes,
        ws_per_message_deflate=False,  # it takes 0.3 MB and a millisecond for each socket, and messages are short
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        lifespan="on",
        log_config=None,
        access_log=False,  # transport.logs writes a line for each request
        proxy_headers=False,  # transport.app reads them, from trusted proxies
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    return Server(config, app.state.connections, settings.shutdown_timeout)


def serve(app: Starlette, settings: Settings) -> None:
    """Serve until told to stop (SIGINT or SIGTERM)."""
    allow_files(settings.max_connections + OTHER_FILES)
    gc.collect()
    gc.freeze()  # schema and policy live as long as the process; looking through them again would hold up requests
    gc.set_threshold(*COLLECTED)  # an answer is a tree, which goes when it is sent: there is next to nothing to collect
    sys.setswitchinterval(SWITCHED)
    server(app, settings).run()


def allow_files(most: int) -> None:
    """Let the process have so many files open, as far as the system allows: a connection is one, and so is one to the database."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < most:
        log.warning("files.limited", allowed=allowed, wanted=most)
