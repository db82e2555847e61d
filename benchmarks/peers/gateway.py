"""The gateway as `crossgate serve` runs it: tokens, logs and limits on. Its settings come from the environment.

`UNGUARDED=1` takes the policy's filters and masks out, for what they cost. On SIGUSR1 the logs, which are written for each
request, go nowhere: until then they say what keeps the gateway from starting.
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
    """Serve until told to stop."""
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
