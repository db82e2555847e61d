"""Policies from elsewhere: a directory of policy files, or the policy of a git revision of the checkout."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import server
from commands.failure import Failure

REVISION: Final = ("git", "rev-parse", "--quiet", "--verify", "--end-of-options")


@contextmanager
def policies_of(source: str) -> Iterator[Path]:
    """Yield the directory, or a temporary one with the policy files of a git revision. Raises Failure."""
    if Path(source).is_dir():
        yield Path(source)
        return
    commit = _git(*REVISION, f"{source}^{{commit}}")
    if commit is None:
        raise Failure(f"{source} is neither a directory nor a git revision of {server.HERE}.")
    with tempfile.TemporaryDirectory(prefix="crossgate-policy-") as directory:
        _write(commit.decode().strip(), Path(directory))
        yield Path(directory)


def _write(revision: str, directory: Path) -> None:
    names = _git("git", "ls-tree", "--name-only", "-z", f"{revision}:{server.POLICIES.name}") or b""
    for name in names.decode().split("\0"):
        if name.endswith(".polar"):
            (directory / name).write_bytes(_git("git", "show", f"{revision}:{server.POLICIES.name}/{name}") or b"")


def _git(*command: str) -> bytes | None:
    """Run a git command. Returns its output, or None if it fails."""
    try:
        result = subprocess.run(command, check=False, cwd=server.HERE, capture_output=True)
    except FileNotFoundError:
        raise Failure("Reading a revision needs git, which isn't installed. Install git, or use a directory.") from None
    return result.stdout if result.returncode == 0 else None
