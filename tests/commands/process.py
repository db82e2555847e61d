"""The `crossgate` command with a data directory of its own: in this process, or as a process of its own.

A start takes longer than most commands do, so tests run a command in this process. Each subcommand also has a test that starts it.
"""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from unittest.mock import patch

import structlog

from commands.__main__ import app
from commands.failure import explained

ROOT: Final = Path(__file__).parents[2]
COMMAND: Final = (sys.executable, "-m", "commands")


@dataclass(frozen=True)
class Done:
    """What a command has come to."""

    returncode: int
    stdout: str
    stderr: str


def environment(data_dir: Path, database_url: str | None = None) -> dict[str, str]:
    """Ours, less all settings, and with these."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("CROSSGATE_") and name != "DATABASE_URL"}
    return ours | {"CROSSGATE_DATA_DIR": str(data_dir)} | ({"DATABASE_URL": database_url} if database_url else {})


def crossgate(*arguments: str, data_dir: Path, database_url: str | None = None) -> Done:
    """Run the command to its end in this process, in a thread that has no event loop yet."""
    with patch.dict(os.environ, environment(data_dir, database_url), clear=True), ThreadPoolExecutor(1) as thread:
        return thread.submit(_run, arguments).result()


def started(*arguments: str, data_dir: Path, database_url: str | None = None) -> Done:
    """Run the command to its end as a process of its own."""
    variables = environment(data_dir, database_url)
    done = subprocess.run([*COMMAND, *arguments], check=False, cwd=ROOT, env=variables, capture_output=True, text=True)
    return Done(done.returncode, done.stdout, done.stderr)


def _run(arguments: tuple[str, ...]) -> Done:
    out, err = io.StringIO(), io.StringIO()
    code: int | str | None = 0
    with _same_logging(), redirect_stdout(out), redirect_stderr(err):
        try:
            with explained():
                app(arguments, prog_name="crossgate")
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int | None), code
    return Done(code or 0, out.getvalue(), err.getvalue())


@contextmanager
def _same_logging() -> Iterator[None]:
    """A command may configure logging; put back what was configured before."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    root.handlers = []  # those that the command replaces are closed
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
        structlog.configure(**configured)
