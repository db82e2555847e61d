"""Change events from the database, delivered to every listener in this process.

One connection per process receives the notifications of the triggers (migration 0005). When it ends, another is opened and
listeners stay subscribed. Notifications sent in between are lost and never repeated. A notification names a row and never holds a
value, so a listener loads the row with its reader's permissions. Pending changes are stored once per row, up to a limit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
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
MAX_PENDING: Final = 5000  # changed rows that one listener hasn't taken yet
MAX_CONCURRENT_LOADS: Final = 4  # listeners that load rows at the same time
CHECK_INTERVAL: Final = 15.0  # seconds between two checks that the connection still answers
CONNECT_TIMEOUT: Final = 5.0  # seconds for the connection to open, or to answer a check
MIN_RETRY_DELAY: Final = 0.1  # seconds before reconnecting; each failure doubles the delay
MAX_RETRY_DELAY: Final = 5.0  # seconds

log = structlog.stdlib.get_logger("crossgate.events")


class ListenerTooSlow(Exception):
    """The listener fell too far behind: its queue overflowed and receives nothing more."""


@dataclass(frozen=True, slots=True)
class Change:
    """A new or changed row. `columns` are the changed ones, or None for a new row."""

    key: UUID
    columns: frozenset[str] | None

    def and_then(self, later: Change) -> Change:
        """Merge a later change of the same row into this one."""
        if self.columns is None or later.columns is None:
            return Change(self.key, None)
        return Change(self.key, self.columns | later.columns)


class ChangeQueue:
    """The pending changes of one listener, oldest first. Only changes in `columns` are queued; None means all columns."""

    def __init__(self, columns: Collection[str] | None = None, max_pending: int = MAX_PENDING) -> None:
        self._columns = columns
        self._max_pending = max_pending
        self._pending: dict[UUID, Change] = {}
        self._is_ready = asyncio.Event()
        self._overflowed = False

    @classmethod
    def overflowed(cls) -> Self:
        """Return a queue that has already overflowed."""
        queue = cls()
        queue._overflowed = True
        queue._is_ready.set()
        return queue

    @property
    def audience(self) -> int:
        """The number of listeners that it's for."""
        return 1

    @property
    def is_ready(self) -> bool:
        """Whether the next change needn't be waited for."""
        return self._is_ready.is_set()

    def put(self, change: Change) -> None:
        """Queue a change. If there are too many, drop them all and mark the queue as overflowed."""
        if self._overflowed or not self._matches(change):
            return
        earlier = self._pending.get(change.key)
        self._pending[change.key] = change if earlier is None else earlier.and_then(change)
        if len(self._pending) > self._max_pending:
            self._pending.clear()
            self._overflowed = True
        self._is_ready.set()

    def _matches(self, change: Change) -> bool:
        return self._columns is None or change.columns is None or not change.columns.isdisjoint(self._columns)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        """Wait for the next change and return it. Raises ListenerTooSlow."""
        await self._is_ready.wait()
        if self._overflowed:
            raise ListenerTooSlow
        change = self._pending.pop(next(iter(self._pending)))
        if not self._pending:
            self._is_ready.clear()
        return change


class ChangeListener:
    """Receives the database's notifications from `start` to `close`."""

    def __init__(self, url: str) -> None:
        self._address = Address.parse(url).asyncpg(server_settings(0)) | {"timeout": CONNECT_TIMEOUT}
        self._listeners: dict[str, set[ChangeQueue]] = {}
        self._callbacks: dict[str, Callable[[UUID], None]] = {}
        self._connected: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None
        self.is_connected = asyncio.Event()
        # Taken by listeners while they load changed rows, so that requests still get connections.
        self.load_slots = asyncio.Semaphore(MAX_CONCURRENT_LOADS)

    @property
    def listeners(self) -> int:
        """The number of listeners."""
        return sum(queue.audience for queues in self._listeners.values() for queue in queues)

    async def start(self) -> None:
        """Start receiving. Doesn't wait for the database, which may start after the gateway."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop receiving."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def follow(self, entity: str, callback: Callable[[UUID], None]) -> None:
        """Call `callback` with the key of each row of a type that the database reports."""
        self._callbacks[entity] = callback

    def after_connecting(self, callback: Callable[[], None]) -> None:
        """Call `callback` whenever notifications start to arrive, because earlier ones may have been lost."""
        self._connected.append(callback)

    @contextmanager
    def subscribe(self, entity: str, columns: Collection[str] | None = None) -> Iterator[ChangeQueue]:
        """Queue new rows of a type, and changes in any of `columns`, for the length of the block. None means all columns."""
        queue = ChangeQueue(columns)
        self.add(entity, queue)
        try:
            yield queue
        finally:
            self.remove(entity, queue)

    def add(self, entity: str, queue: ChangeQueue) -> None:
        """Put changes of a type into a queue."""
        self._listeners.setdefault(entity, set()).add(queue)

    def remove(self, entity: str, queue: ChangeQueue) -> None:
        """Stop putting changes into a queue."""
        self._listeners[entity].discard(queue)

    async def _run(self) -> None:
        delay = MIN_RETRY_DELAY
        while True:
            try:
                await self._listen()
            except Exception as error:  # whatever the error was, a new connection may work
                log.warning("events.interrupted", error=type(error).__name__)
            delay = MIN_RETRY_DELAY if self.is_connected.is_set() else min(delay * 2, MAX_RETRY_DELAY)
            self.is_connected.clear()
            await asyncio.sleep(delay)

    async def _listen(self) -> None:
        """Receive notifications until the connection ends."""
        connection = await asyncpg.connect(**self._address)
        ended = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _connection: ended.set())
            await connection.add_listener(CHANNEL, self._dispatch)
            self.is_connected.set()
            for connected in self._connected:
                connected()
            while not ended.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), CHECK_INTERVAL)
                    break
                await connection.execute("SELECT 1", timeout=CONNECT_TIMEOUT)
        finally:
            connection.terminate()

    def _dispatch(self, _connection: Any, _process: int, _channel: str, payload: str) -> None:
        """Queue the change for all listeners of its type. A payload in another format is logged and dropped."""
        try:
            message = orjson.loads(payload)
            entity, columns = message["type"], message["changed"]
            change = Change(UUID(message["id"]), None if columns is None else frozenset(columns))
        except (ValueError, TypeError, KeyError, AttributeError):
            log.warning("events.unknown")
            return
        if entity in self._callbacks:
            self._callbacks[entity](change.key)
        for queue in self._listeners.get(entity, ()):
            queue.put(change)
