"""The whole gateway on a port of this machine, for tests with browsers and other clients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import server
from settings import Settings
from tests.transport.gateway import listen, running


@contextmanager
def served(database_url: str, data_dir: Path, **settings: Any) -> Iterator[str]:
    """Serve the gateway over a database, with additional settings. Yields its URL, which the gateway knows as its own."""
    listening = listen()
    own = {"public_url": f"http://127.0.0.1:{listening.getsockname()[1]}", "data_dir": data_dir, "database_url": database_url}
    loaded = Settings(**{**own, "log_level": "ERROR", "shutdown_timeout": 5, **settings})
    with running(server.build(loaded), loaded, listening) as url:
        yield url
