"""Memory that a gateway's processes share, and locks for it. Both are made before the first fork and never grow.

A lock is a POSIX record lock, which the kernel releases when its holder ends in whatever way. So a process that is killed while it
holds one never blocks the others; it can only leave a value half updated. Each user of this memory says what that can cause.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


def shared_memory(size: int) -> memoryview:
    """Return `size` bytes of zeros that this process shares with those that it forks from now on."""
    return memoryview(mmap.mmap(-1, size))


class Locks:
    """Any number of exclusive locks, by number. A process must hold only one at a time, and only for microseconds."""

    def __init__(self) -> None:
        self._file = _empty_file()

    @contextmanager
    def held(self, number: int = 0) -> Iterator[None]:
        """Hold a lock during the block."""
        self.acquire(number)
        try:
            yield
        finally:
            self.release(number)

    def acquire(self, number: int) -> None:
        """Wait for a lock, and take it."""
        fcntl.lockf(self._file, fcntl.LOCK_EX, 1, number)

    def release(self, number: int) -> None:
        """Give a lock back."""
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, number)


def _empty_file() -> int:
    """Return the descriptor of a file without a name. It's never closed: closing would release all locks of the process."""
    if sys.platform == "linux":
        return os.memfd_create("crossgate-locks")  # works without a directory that can be written
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
