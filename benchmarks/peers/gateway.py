"""The gateway as `crossgate serve` runs it, with tokens, logs and limits. Its settings come from the environment.

`UNGUARDED=1` removes the policy's filters and masks, to measure their cost. On SIGUSR1, logs are discarded: they're needed only
to show why the gateway can't start.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Any, NoReturn

import server
from benchmarks.unguarded import unguarded, workload_by_where
from settings import Settings
from transport.serve import serve


def main() -> None:
    """Serve until stopped."""
    settings = Settings.load()
    app = server.build(settings)
    if os.environ.get("UNGUARDED") == "1":
        services = app.state.services
        services.policy = unguarded(services.policy, workload_by_where)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGUSR1, _log_to_nowhere)
    with suppress(KeyboardInterrupt):
        serve(app, settings)


def _stop(_signal: int, _frame: Any) -> NoReturn:
    raise SystemExit(0)


def _log_to_nowhere(_signal: int, _frame: Any) -> None:
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 (a path that is no file)
        os.dup2(nowhere.fileno(), sys.stderr.fileno())


if __name__ == "__main__":
    main()
