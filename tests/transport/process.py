"""A gateway in a separate process, for tests of signals and logs."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LISTENING = re.compile(r"running on (http://[\d.:]+)")


class GatewayProcess:
    """Starts a gateway and collects its log. `output` and `lines` are complete once the process has stopped."""

    def __init__(self, data_dir: Path) -> None:
        command = [sys.executable, "-m", "tests.transport.gateway", str(data_dir)]
        self._process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        self.output = ""
        self.address = self._wait_for_address()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The parsed log lines."""
        return [json.loads(line) for line in self.output.splitlines()]

    def terminate(self) -> None:
        """Ask the process to stop with SIGTERM, as an orchestrator does."""
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Stop the process and wait for it. Returns the exit status."""
        if self._process.poll() is None:
            self.terminate()
        _, rest = self._process.communicate(timeout=20)
        self.output += rest
        return self._process.returncode

    def _wait_for_address(self) -> str:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.output += line
            if match := LISTENING.search(line):
                return match[1]
        raise AssertionError(f"the gateway did not start:\n{self.output}")
