"""The server process: how uvicorn is set up to run the gateway.

Requests under way when the process is told to stop are finished first, for as long as the settings allow. Connections are kept
open for longer than load balancers keep theirs, so that none sends a request into a connection that is just being closed.
"""

from __future__ import annotations

import gc
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from settings import Settings

COLLECTED: Final = (50_000, 20, 50)  # objects, and collections of the younger generations, between two collections
KEEP_ALIVE_SECONDS: Final = 75  # load balancers commonly keep theirs for 60


def server(app: ASGIApp, settings: Settings) -> uvicorn.Server:
    """A server for the gateway. Its logs go wherever `configure_logging` sends them."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # transport.logs writes a line for each request
        proxy_headers=False,  # nothing here asks where a request came from
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.shutdown_timeout,
    )
    return uvicorn.Server(config)


def serve(app: ASGIApp, settings: Settings) -> None:
    """Serve until told to stop (SIGINT or SIGTERM)."""
    gc.collect()
    gc.freeze()  # schema and policy live as long as the process; looking through them again would hold up requests
    gc.set_threshold(*COLLECTED)  # an answer is a tree, which goes when it is sent: there is next to nothing to collect
    server(app, settings).run()
