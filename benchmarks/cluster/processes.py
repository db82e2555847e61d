"""Processes of the cluster: started with a log each, killed on purpose, and stopped at the end whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import end_with_parent, family
from models.embedded import system_user

STOP_SECONDS: Final = 20


class Process:
    """A program that runs from `start` to `kill` or `stop`. As root, it can run as the user that PostgreSQL runs as."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str], *, unprivileged: bool = True
    ) -> None:
        self.name = name
        self._command = list(command)
        self._log = log
        self._environment = dict(environment)
        self._unprivileged = unprivileged
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and hasn't ended."""
        return self._running is not None and self._running.poll() is None

    def start(self) -> None:
        """Start it. Its output is appended to its log."""
        user = system_user() if self._unprivileged else None
        identity: dict[str, Any] = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the tool, which then stops everything in order
                preexec_fn=end_with_parent,
                **identity,
            )

    def kill(self) -> None:
        """End it and its descendants at once, without a chance to clean up."""
        if self._running is not None:
            kill_family(self._running.pid)
            self._running.wait()

    def stop(self) -> None:
        """Ask it to end. Kill it if it doesn't."""
        if self._running is None or self._running.poll() is not None:
            return
        self._running.terminate()
        try:
            self._running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()


def kill_family(process: int) -> None:
    """Kill a process and its descendants."""
    for each in family(process):
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
