"""The whole gateway on a port of this machine, for tests with browsers and other clients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import server
from settings import Settings
from tests.transport.gateway import running


@contextmanager
def served(database_url: str, data_dir: Path, **settings: Any) -> Iterator[str]:
    """Serve the gateway over a database, with additional settings. Yields its URL."""
    common = {"data_dir": data_dir, "database_url": database_url, "log_level": "ERROR", "shutdown_timeout": 5}
    loaded = Settings(**{**common, **settings})
    with running(server.build(loaded), loaded) as url:
        yield url
