"""Run the `crossgate` command with its own data directory, in this process or in a separate one.

Starting a process takes longer than most commands do, so tests run commands in this process. Each subcommand also has one test
that starts a process.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import subprocess
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, redirect_stderr, redirect_stdout
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
class CompletedCommand:
    """The exit code and output of a command."""

    returncode: int
    stdout: str
    stderr: str


def environment(data_dir: Path, database_url: str | None = None) -> dict[str, str]:
    """The environment without any settings, plus these."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("CROSSGATE_") and name != "DATABASE_URL"
    }
    return inherited | {"CROSSGATE_DATA_DIR": str(data_dir)} | ({"DATABASE_URL": database_url} if database_url else {})


def crossgate(
    *arguments: str, data_dir: Path, database_url: str | None = None, variables: Mapping[str, str] | None = None
) -> CompletedCommand:
    """Run a command in this process, in a thread without an event loop."""
    given = environment(data_dir, database_url) | dict(variables or {})
    with patch.dict(os.environ, given, clear=True), ThreadPoolExecutor(1) as thread:
        return thread.submit(_run, arguments).result()


@asynccontextmanager
async def running(
    data_dir: Path, database_url: str, *arguments: str, variables: Mapping[str, str], stderr: int = DEVNULL
) -> AsyncIterator[Process]:
    """Run a command in a separate process during the block, with more variables."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, cwd=ROOT, env={**environment(data_dir, database_url), **variables}, stderr=stderr, stdout=DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def run_subprocess(*arguments: str, data_dir: Path, database_url: str | None = None) -> CompletedCommand:
    """Run a command in a separate process."""
    variables = environment(data_dir, database_url)
    completed = subprocess.run([*COMMAND, *arguments], check=False, cwd=ROOT, env=variables, capture_output=True, text=True)
    return CompletedCommand(completed.returncode, completed.stdout, completed.stderr)


def _run(arguments: tuple[str, ...]) -> CompletedCommand:
    out, err = io.StringIO(), io.StringIO()
    code: int | str | None = 0
    with _preserved_logging(), redirect_stdout(out), redirect_stderr(err):
        try:
            with explained():
                app(arguments, prog_name="crossgate")
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int | None), code
    return CompletedCommand(code or 0, out.getvalue(), err.getvalue())


@contextmanager
def _preserved_logging() -> Iterator[None]:
    """Restore the logging configuration afterwards, because a command may change it."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    root.handlers = []  # the command closes the handlers that it replaces
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
        structlog.configure(**configured)
