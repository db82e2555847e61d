"""Credentials that end while connections are open: sessions, memberships and API keys (V59).

Each open connection watches the keys of its credentials. An ending only wakes it up: the connection then loads its viewer again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from uuid import UUID


class Endings:
    """The connections of this process by the keys of their credentials."""

    def __init__(self) -> None:
        self._watchers: dict[UUID, set[asyncio.Event]] = {}

    def report(self, key: UUID) -> None:
        """Wake up the connections of a session, a membership or an API key that has ended."""
        for watcher in self._watchers.get(key, ()):
            watcher.set()

    @contextmanager
    def watch(self, keys: Collection[UUID]) -> Iterator[asyncio.Event]:
        """Set the event whenever one of the credentials ends, for the length of the block."""
        event = asyncio.Event()
        for key in keys:
            self._watchers.setdefault(key, set()).add(event)
        try:
            yield event
        finally:
            for key in keys:
                self._watchers[key].discard(event)
                if not self._watchers[key]:
                    del self._watchers[key]
