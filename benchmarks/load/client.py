"""The client of the load process: starts it on some cores, gives it jobs one at a time, and stops it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Final, cast

from benchmarks.load.job import Job, Outcome
from benchmarks.machine import pin

ROOT: Final = Path(__file__).parents[2]


class LoadFailed(Exception):
    """A job failed. The message has the server's actual response."""


class Load:
    """The running load process, with this ID."""

    def __init__(self, process: int, jobs: IO[str], outcomes: IO[str]) -> None:
        self.process = process
        self._jobs = jobs
        self._outcomes = outcomes

    def run(self, job: Job) -> Outcome:
        """Run a job and wait for it. Raises LoadFailed."""
        self._jobs.write(json.dumps(asdict(job)) + "\n")
        self._jobs.flush()
        line = self._outcomes.readline()
        answer = json.loads(line) if line else {"error": "the load process has ended"}
        if "error" in answer:
            raise LoadFailed(answer["error"])
        return Outcome(**answer)


@contextmanager
def load(*cores: int) -> Iterator[Load]:
    """Start a load process on some cores."""
    command = [sys.executable, "-m", "benchmarks.load.generator"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        pin(process.pid, *cores)
        jobs, outcomes = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
        yield Load(process.pid, jobs, outcomes)
        jobs.close()
