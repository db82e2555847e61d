"""Reads: many small statements, each run directly by asyncpg on a pooled connection.

SQLAlchemy builds each statement and compiles it once, to its text and the order of its parameters. After that the gateway calls
asyncpg without SQLAlchemy. Writes go through `models.database.connect`.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count
from typing import Any, Final

import asyncpg
import orjson
from cachetools import LRUCache
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql.selectable import Select

from address import Address
from models.caches import find
from models.database import server_settings
from telemetry import statements

DIALECT: Final[Any] = PGDialect_asyncpg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
STATEMENT_CACHE_SIZE: Final = 4096  # compiled statements per process
PREPARED_CACHE_SIZE: Final = 256  # prepared statements per connection; each takes about 100 kB in PostgreSQL
CLOSE_TIMEOUT: Final = 5  # seconds, before a connection is aborted
CONNECTION_ERRORS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
SCHEMA_CHANGED_ERRORS: Final = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)  # after a migration


class Row(asyncpg.Record):  # type: ignore[misc]
    """A result row whose columns are also attributes."""

    __slots__ = ()

    def __getattr__(self, column: str) -> Any:
        try:
            return self[column]
        except KeyError:
            raise AttributeError(column) from None


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled statement: its text, the names of its parameters in order, and the values of its constants."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]

    def arguments(self, parameters: Mapping[str, Any]) -> list[Any]:
        """Return the parameter values in order."""
        return [parameters[name] if name in parameters else self.constants[name] for name in self.names]


@lru_cache(STATEMENT_CACHE_SIZE)
def compile_statement(statement: Select[Any]) -> Compiled:
    """Compile a statement. The result is cached, keyed by the statement object."""
    result = statement.compile(dialect=DIALECT)
    constants = {name: value for name, value in result.params.items() if value is not None}
    return Compiled(result.string, tuple(result.positiontup or ()), constants)


class Connection:
    """One connection and the statements prepared on it."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.position: Any = None  # what its server is known to have replayed, if that is a replica
        self.busy = False  # still True on release if a caller stopped waiting for its statement
        self.in_snapshot = False  # still True on release if a caller stopped before the snapshot's end was confirmed
        self._numbers = count()
        self._prepared: LRUCache[str, Any] = LRUCache(PREPARED_CACHE_SIZE)

    async def fetch(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        """Run a statement and return all rows."""
        self.busy = True
        try:
            statement = find(self._prepared, text) or await self._prepare(text)
            rows: Sequence[Row] = await statement.fetch(*arguments)
        except asyncpg.PostgresError:
            self.busy = False
            raise
        self.busy = False
        return rows

    async def open(self, text: str, arguments: Sequence[Any]) -> Any:
        """Run a statement whose rows are fetched in pieces, in a transaction. Returns the driver's cursor."""
        statement = find(self._prepared, text) or await self._prepare(text)
        return await statement.cursor(*arguments)

    async def _prepare(self, text: str) -> Any:
        """Prepare a statement. PostgreSQL replans unnamed ones on every call, and the driver's own cache is off, so it's named."""
        statement = self._prepared[text] = await self.driver.prepare(text, name=f"statement_{next(self._numbers)}")
        return statement

    def reset_statements(self) -> None:
        """Drop the prepared statements, so that each is prepared again."""
        self._prepared.clear()


class Reader:
    """A pool of up to `size` connections in autocommit mode, opened on demand and then kept open.

    asyncpg's own pool resets each released connection in a separate task, which costs as much as a small statement. This pool
    resets nothing, because a reader sets nothing, locks nothing and listens to nothing.
    """

    def __init__(self, url: str, size: int = 10, timeout: float = 0) -> None:
        """Prepare the pool. PostgreSQL cancels a statement after `timeout` seconds; 0 means never."""
        self._address = Address.parse(url).asyncpg(server_settings(timeout))
        self.size = size
        self._unopened = size
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._closing: set[asyncio.Task[None]] = set()
        self.observers: list[Callable[[str, Sequence[Any]], None]] = []  # called with each statement and its values

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Row]:
        """Compile and run a statement. Returns all rows."""
        compiled = compile_statement(statement)
        return await self.run(compiled.text, compiled.arguments(parameters))

    async def run(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        """Run a compiled statement and return all rows."""
        for observe in self.observers:
            observe(text, arguments)
        connection = await self._acquire()
        started = time.perf_counter()
        try:
            return await connection.fetch(text, arguments)
        except SCHEMA_CHANGED_ERRORS:
            connection.reset_statements()
            return await connection.fetch(text, arguments)
        except CONNECTION_ERRORS:
            if not connection.driver.is_closed():
                raise
        finally:
            self._release(connection)
            statements.note_read(text, started)
        async with self.connection() as replacement:  # the first connection was lost; reads are safe to retry
            return await replacement.fetch(text, arguments)

    @property
    def idle(self) -> int:
        """The number of open connections that run nothing."""
        return len(self._idle)

    @property
    def in_use(self) -> int:
        """The number of connections that are borrowed, or that are being opened or closed."""
        return self.size - self._unopened - len(self._idle)

    @property
    def waiting(self) -> int:
        """The number of callers that wait for a connection."""
        return len(self._waiting)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Borrow a connection for the length of the block."""
        connection = await self._acquire()
        try:
            yield connection
        finally:
            self._release(connection)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Borrow a connection whose statements all read the same snapshot, for the length of the block."""
        async with self.connection() as connection:
            connection.in_snapshot = True
            async with connection.driver.transaction(isolation="repeatable_read", readonly=True):
                yield Snapshot(connection, self.observers)
            connection.in_snapshot = False

    async def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._close_in_background(self._idle.pop())
        await asyncio.gather(*self._closing)

    async def _acquire(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.driver.is_closed():
                return connection
            self._unopened += 1
        if self._unopened:
            self._unopened -= 1
        elif handed_over := await self._wait_for_release():
            return handed_over
        try:
            return await self._open()
        except BaseException:
            self._close_in_background(None)
            raise

    async def _wait_for_release(self) -> Connection | None:
        """Wait for another caller to release a connection. Returns None if the caller may open a new one in its place."""
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._hand_over(waiter.result())
            raise

    def _release(self, connection: Connection) -> None:
        """Return a connection to the pool. Close it if its statement or snapshot was abandoned: the driver cancels that.

        A connection that was in a snapshot would go on to show its next users what the database contained then.
        """
        if connection.busy or connection.in_snapshot or connection.driver.is_closed():
            self._close_in_background(connection)
        else:
            self._hand_over(connection)

    def _hand_over(self, connection: Connection | None) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        if connection is None:
            self._unopened += 1
        else:
            self._idle.append(connection)

    def _close_in_background(self, connection: Connection | None) -> None:
        """Close the connection, if any, and then allow a new one in its place."""
        task = asyncio.get_running_loop().create_task(self._close(connection))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _close(self, connection: Connection | None) -> None:
        if connection is not None:
            try:
                await connection.driver.close(timeout=CLOSE_TIMEOUT)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection.driver.terminate()
        self._hand_over(None)

    async def _open(self) -> Connection:
        driver = await asyncpg.connect(**self._address, statement_cache_size=0, record_class=Row)
        try:
            await driver.set_type_codec("jsonb", schema="pg_catalog", encoder=_dump, decoder=orjson.loads)
        except BaseException:
            driver.terminate()
            raise
        return Connection(driver)


class Snapshot:
    """Reads one snapshot on one connection, one statement after another."""

    def __init__(self, connection: Connection, observers: Sequence[Callable[[str, Sequence[Any]], None]]) -> None:
        self._connection = connection
        self._observers = observers
        self._turn = asyncio.Lock()

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Row]:
        """Compile and run a statement. Returns all rows."""
        compiled = compile_statement(statement)
        return await self.run(compiled.text, compiled.arguments(parameters))

    async def run(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        """Run a compiled statement and return all rows."""
        self._observe(text, arguments)
        async with self._noted(text):
            return await self._connection.fetch(text, arguments)

    async def open(self, text: str, arguments: Sequence[Any], rows: int) -> Pieces:
        """Run a compiled statement whose rows are read in pieces of `rows`. Other statements can run in between."""
        self._observe(text, arguments)
        async with self._noted(text):
            return Pieces(await self._connection.open(text, arguments), rows, partial(self._noted, text))

    def _observe(self, text: str, arguments: Sequence[Any]) -> None:
        for observe in self._observers:
            observe(text, arguments)

    @asynccontextmanager
    async def _noted(self, text: str) -> AsyncIterator[None]:
        """Wait for the connection, and note the time of the block as that of a statement."""
        async with self._turn:
            started = time.perf_counter()
            try:
                yield
            finally:
                statements.note_read(text, started)


class Pieces:
    """The rows of one statement, read in pieces."""

    def __init__(self, cursor: Any, rows: int, turn: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        self._cursor = cursor
        self._rows = rows
        self._turn = turn

    async def read(self) -> Sequence[Row]:
        """Return the next piece, of at most `rows` rows. There are no more rows after a shorter one."""
        async with self._turn():
            piece: Sequence[Row] = await self._cursor.fetch(self._rows)
        return piece


def _dump(value: Any) -> str:
    return orjson.dumps(value).decode()
