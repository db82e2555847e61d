"""Listening: what the database tells of changes, handed to everybody in this process who wants to know.

One connection for the process hears the messages of the triggers (migration 0005); when it ends, another is opened, and whoever
listens goes on. What is told while there is none is lost: nothing is repeated. A message names a row and never holds a value, so
whoever hears one loads the row as its reader may see it. What nobody has taken yet is kept once for each row, within bounds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

import asyncpg
import orjson
import structlog

from address import Address
from models.database import server_settings

CHANNEL: Final = "crossgate"
MAX_PENDING: Final = 5000  # rows that a listener has not heard of yet
MAX_CONCURRENT_LOADS: Final = 4  # listeners that load something
CHECK_INTERVAL: Final = 15.0  # seconds between two looks at whether the connection still answers
CONNECT_TIMEOUT: Final = 5.0  # seconds for it to answer, or to open
MIN_RETRY_DELAY: Final = 0.1  # seconds before another is opened; each failure doubles them
MAX_RETRY_DELAY: Final = 5.0

log = structlog.stdlib.get_logger("crossgate.events")


class ListenerTooSlow(Exception):
    """A listener that has left more unheard than is kept for it. It hears nothing any more."""


@dataclass(frozen=True, slots=True)
class Change:
    """A row that is new or has changed: in which columns, None for a new one."""

    key: UUID
    columns: frozenset[str] | None

    def and_then(self, later: Change) -> Change:
        """Both changes of one row as one."""
        known = self.columns is not None and later.columns is not None
        return Change(self.key, (self.columns or frozenset()) | (later.columns or frozenset()) if known else None)


class ChangeQueue:
    """What one listener has not taken yet, the first to happen first: of changes, those in some of `columns` (None: in any)."""

    def __init__(self, columns: Collection[str] | None = None, most: int = MAX_PENDING) -> None:
        self._columns = columns
        self._most = most
        self._waiting: dict[UUID, Change] = {}
        self._something = asyncio.Event()
        self._missed = False

    def put(self, change: Change) -> None:
        """Keep a change until it is taken. Of too many, none is kept."""
        if self._missed or not self._concerns(change):
            return
        known = self._waiting.get(change.key)
        self._waiting[change.key] = change if known is None else known.and_then(change)
        if len(self._waiting) > self._most:
            self._waiting.clear()
            self._missed = True
        self._something.set()

    def _concerns(self, change: Change) -> bool:
        return self._columns is None or change.columns is None or not change.columns.isdisjoint(self._columns)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        """The next change, once there is one. Raises TooSlow."""
        await self._something.wait()
        if self._missed:
            raise ListenerTooSlow
        change = self._waiting.pop(next(iter(self._waiting)))
        if not self._waiting:
            self._something.clear()
        return change


class ChangeListener:
    """Hears the database's messages from `start` to `close`."""

    def __init__(self, url: str) -> None:
        self._address = Address.parse(url).asyncpg(server_settings(0)) | {"timeout": CONNECT_TIMEOUT}
        self._listeners: dict[str, set[ChangeQueue]] = {}
        self._task: asyncio.Task[None] | None = None
        self.is_connected = asyncio.Event()
        self.turns = asyncio.Semaphore(
            MAX_CONCURRENT_LOADS
        )  # for listeners that load what they hear of: requests go on beside them

    @property
    def listeners(self) -> int:
        """How many listen."""
        return sum(map(len, self._listeners.values()))

    async def start(self) -> None:
        """Begin to hear. Does not wait for the database: it may come later than the gateway."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Hear nothing any more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @contextmanager
    def subscribe(self, entity: str, columns: Collection[str] | None = None) -> Iterator[ChangeQueue]:
        """What is new of a type from now on, and what changes in any of the columns; in any at all, if none are given."""
        heard = ChangeQueue(columns)
        self._listeners.setdefault(entity, set()).add(heard)
        try:
            yield heard
        finally:
            self._listeners[entity].discard(heard)

    async def _run(self) -> None:
        pause = MIN_RETRY_DELAY
        while True:
            try:
                await self._listen()
            except Exception as error:  # whatever it is, the next connection may hear again
                log.warning("events.interrupted", error=type(error).__name__)
            pause = MIN_RETRY_DELAY if self.is_connected.is_set() else min(pause * 2, MAX_RETRY_DELAY)
            self.is_connected.clear()
            await asyncio.sleep(pause)

    async def _listen(self) -> None:
        """Hear until the connection ends."""
        connection = await asyncpg.connect(**self._address)
        ended = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _connection: ended.set())
            await connection.add_listener(CHANNEL, self._hear)
            self.is_connected.set()
            while not ended.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), CHECK_INTERVAL)
                    break
                await connection.execute("SELECT 1", timeout=CONNECT_TIMEOUT)
        finally:
            connection.terminate()

    def _hear(self, _connection: Any, _process: int, _channel: str, message: str) -> None:
        """Tell everybody who listens to the type that a message is about. Whatever else is sent there is nobody's."""
        try:
            said = orjson.loads(message)
            kind, columns = said["type"], said["changed"]
            change = Change(UUID(said["id"]), None if columns is None else frozenset(columns))
        except (ValueError, TypeError, KeyError, AttributeError):
            log.warning("events.unknown")
            return
        for heard in self._listeners.get(kind, ()):
            heard.put(change)
