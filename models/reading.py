"""Reading: many small statements, each run by the driver itself on a connection of its own.

Statements are built by SQLAlchemy and compiled once to text and the order of their parameters; from then on nothing stands between
the gateway and asyncpg. Whatever writes goes through `models.database.connect`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any, Final

import asyncpg
import orjson
from cachetools import LRUCache
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql.selectable import Select

from address import Address
from models.database import server_settings

DIALECT: Final[Any] = PGDialect_asyncpg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
STATEMENT_CACHE_SIZE: Final = 4096  # compiled statements of the process
PREPARED: Final = 256  # statements of each connection, some 100 kB each in PostgreSQL
CLOSING: Final = 5  # seconds
BROKEN: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
CHANGED: Final = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)  # by a migration


class Row(asyncpg.Record):  # type: ignore[misc]
    """A row of an answer, whose columns are attributes too."""

    __slots__ = ()

    def __getattr__(self, column: str) -> Any:
        try:
            return self[column]
        except KeyError:
            raise AttributeError(column) from None


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as the driver takes it: its text, and the names of its parameters in their order."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]

    def arguments(self, parameters: Mapping[str, Any]) -> list[Any]:
        """The values of the parameters in their order."""
        return [parameters[name] if name in parameters else self.constants[name] for name in self.names]


@lru_cache(STATEMENT_CACHE_SIZE)
def compiled(statement: Select[Any]) -> Compiled:
    """The statement compiled, once for as long as whoever built it keeps it."""
    made = statement.compile(dialect=DIALECT)
    constants = {name: value for name, value in made.params.items() if value is not None}
    return Compiled(made.string, tuple(made.positiontup or ()), constants)


class Connection:
    """One connection, with the statements that are prepared on it."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.busy = False  # with a statement that nobody waits for any more, if it was given back so
        self._numbers = count()
        self._prepared: LRUCache[str, Any] = LRUCache(PREPARED)

    async def fetch(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        """All rows of a statement."""
        self.busy = True
        try:
            statement = self._prepared.get(text)
            if statement is None:
                # Without a name, and without the driver's own cache, PostgreSQL would plan it each time.
                statement = self._prepared[text] = await self.driver.prepare(text, name=f"statement_{next(self._numbers)}")
            rows: Sequence[Row] = await statement.fetch(*arguments)
        except asyncpg.PostgresError:
            self.busy = False
            raise
        self.busy = False
        return rows

    def forget(self) -> None:
        """Prepare all statements anew."""
        self._prepared.clear()


class Reader:
    """At most `size` connections to a database, in autocommit, opened when they are needed and kept.

    asyncpg's own pool resets a connection each time it is given back, in a task of its own, which costs as much as a small statement.
    Here nothing is reset, for a reader sets nothing, locks nothing and listens to nothing.
    """

    def __init__(self, url: str, size: int = 10, timeout: float = 0) -> None:
        """PostgreSQL cancels a statement after `timeout` seconds; 0 is never."""
        self._address = Address.parse(url).asyncpg(server_settings(timeout))
        self._unopened = size
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._leaving: set[asyncio.Task[None]] = set()
        self.observers: list[Callable[[str, Sequence[Any]], None]] = []  # told of each statement and its values

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Row]:
        """All rows of a statement."""
        made = compiled(statement)
        return await self.run(made.text, made.arguments(parameters))

    async def run(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        """All rows of a compiled statement."""
        for observe in self.observers:
            observe(text, arguments)
        connection = await self._taken()
        try:
            return await connection.fetch(text, arguments)
        except CHANGED:
            connection.forget()
            return await connection.fetch(text, arguments)
        except BROKEN:
            if not connection.driver.is_closed():
                raise
        finally:
            self._given_back(connection)
        async with self.connection() as another:  # the first had ended meanwhile, and a reader may ask again
            return await another.fetch(text, arguments)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One of the connections."""
        connection = await self._taken()
        try:
            yield connection
        finally:
            self._given_back(connection)

    async def close(self) -> None:
        """Close the connections that are free."""
        while self._idle:
            self._leave(self._idle.pop())
        await asyncio.gather(*self._leaving)

    async def _taken(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.driver.is_closed():
                return connection
            self._unopened += 1
        if not self._unopened and (handed := await self._handed()):
            return handed
        self._unopened -= 1
        try:
            return await self._opened()
        except BaseException:
            self._leave(None)
            raise

    async def _handed(self) -> Connection | None:
        """The connection that somebody else gives back; None if one may be opened instead."""
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._pass_on(waiter.result())
            raise

    def _given_back(self, connection: Connection) -> None:
        """Free a connection; one whose statement was given up is left to the driver, which cancels it in PostgreSQL."""
        if connection.busy or connection.driver.is_closed():
            self._leave(connection)
        else:
            self._pass_on(connection)

    def _pass_on(self, connection: Connection | None) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        if connection is None:
            self._unopened += 1
        else:
            self._idle.append(connection)

    def _leave(self, connection: Connection | None) -> None:
        """Close a connection, if there is one, and let another be opened in its place."""
        task = asyncio.get_running_loop().create_task(self._left(connection))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _left(self, connection: Connection | None) -> None:
        if connection is not None:
            try:
                await connection.driver.close(timeout=CLOSING)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection.driver.terminate()
        self._pass_on(None)

    async def _opened(self) -> Connection:
        driver = await asyncpg.connect(**self._address, statement_cache_size=0, record_class=Row)
        await driver.set_type_codec("jsonb", schema="pg_catalog", encoder=_dump, decoder=orjson.loads)
        return Connection(driver)


def _dump(value: Any) -> str:
    return orjson.dumps(value).decode()
