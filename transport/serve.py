"""The server process: configures and runs uvicorn.

On shutdown, running requests are finished first, within the time that the settings allow. Subscriptions and sockets, which would
never end by themselves, are closed. Idle connections stay open longer than load balancers keep theirs, so that no balancer sends
a request into a connection that is closing.
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
GC_THRESHOLDS: Final = (50_000, 20, 50)  # gc.set_threshold: new objects, then collections of the younger generations
SWITCH_INTERVAL: Final = 0.001  # seconds until a busy thread yields to the event loop; Python's default is 0.005
PING_SECONDS: Final = 20.0  # between WebSocket pings, and to wait for a pong
KEEP_ALIVE_SECONDS: Final = 75  # load balancers commonly use 60
TICKS_PER_SECOND: Final = 10  # of uvicorn's server
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


def server(app: Starlette, settings: Settings) -> Server:
    """Return a server for the application. Its logs go where `configure_logging` sends them."""
    config = Config(
        app,
        settings,
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
    return Server(config, app.state.connections, settings.shutdown_timeout)


def serve(app: Starlette, settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    raise_file_limit(settings.max_connections + EXTRA_FILES)
    gc.collect()
    gc.freeze()  # schema and policy live as long as the process; scanning them again would delay requests
    gc.set_threshold(*GC_THRESHOLDS)  # responses have no reference cycles, so there's almost nothing to collect
    sys.setswitchinterval(SWITCH_INTERVAL)
    server(app, settings).run()


def raise_file_limit(wanted: int) -> None:
    """Raise the process's open file limit to `wanted`, or as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        log.warning("files.limited", allowed=allowed, wanted=wanted)
