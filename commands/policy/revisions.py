"""Policy of another place: a directory of policy files, or what a revision of the checkout has in its own."""

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
def policies_of(named: str) -> Iterator[Path]:
    """The directory of that name, or one that has the policy files of that revision meanwhile. Raises Failure."""
    if Path(named).is_dir():
        yield Path(named)
        return
    found = _git(*REVISION, f"{named}^{{commit}}")
    if found is None:
        raise Failure(f"{named} is neither a directory nor a revision of {server.HERE}.")
    with tempfile.TemporaryDirectory(prefix="crossgate-policy-") as directory:
        _write(found.decode().strip(), Path(directory))
        yield Path(directory)


def _write(revision: str, directory: Path) -> None:
    listed = _git("git", "ls-tree", "--name-only", "-z", f"{revision}:{server.POLICIES.name}") or b""
    for name in listed.decode().split("\0"):
        if name.endswith(".polar"):
            (directory / name).write_bytes(_git("git", "show", f"{revision}:{server.POLICIES.name}/{name}") or b"")


def _git(*command: str) -> bytes | None:
    """What a command of git says; None where it fails."""
    try:
        done = subprocess.run(command, check=False, cwd=server.HERE, capture_output=True)
    except FileNotFoundError:
        raise Failure("Revisions need git, which is not installed.") from None
    return done.stdout if done.returncode == 0 else None
