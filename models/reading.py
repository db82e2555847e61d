"""Reading: many small statements, each run by the driver itself on a connection of its own.

Statements are built by SQLAlchemy and compiled once to text and the order of their parameters; from then on nothing stands between
the gateway and asyncpg. Whatever writes goes through `models.database.connect`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import asyncpg
import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql.selectable import Select

from models.database import server_settings

DIALECT: Final[Any] = PGDialect_asyncpg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
KEPT: Final = 4096  # compiled statements of the process, and prepared ones of each connection


class Row(asyncpg.Record):  # type: ignore[misc]
    """A row of an answer, whose columns are attributes too."""

    __slots__ = ()

    def __getattr__(self, column: str) -> Any:
        try:
            return self[column]
        except KeyError:
            raise AttributeError(column) from None


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """Between two statements there is nothing to reset: a reader sets nothing, locks nothing and listens to nothing."""

    async def reset(self, **_options: Any) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as the driver takes it: its text, and the names of its parameters in their order."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]

    def arguments(self, parameters: Mapping[str, Any]) -> list[Any]:
        """The values of the parameters in their order."""
        return [parameters[name] if name in parameters else self.constants[name] for name in self.names]


@lru_cache(KEPT)
def compiled(statement: Select[Any]) -> Compiled:
    """The statement compiled, once for as long as whoever built it keeps it."""
    made = statement.compile(dialect=DIALECT)
    constants = {name: value for name, value in made.params.items() if value is not None}
    return Compiled(made.string, tuple(made.positiontup or ()), constants)


class Reader:
    """At most `size` connections to a database, in autocommit, opened when they are needed."""

    def __init__(self, url: str, size: int = 10, timeout: float = 0) -> None:
        """PostgreSQL cancels a statement after `timeout` seconds; 0 is never."""
        _, address = DIALECT.create_connect_args(sa.make_url(url))
        self._address = address
        self._size = size
        self._settings = server_settings(timeout)
        self._opening = asyncio.Lock()
        self._pool: asyncpg.Pool | None = None
        self.observers: list[Callable[[str, Sequence[Any]], None]] = []  # told of each statement and its values

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Row]:
        """All rows of a statement."""
        made = compiled(statement)
        return await self.run(made.text, made.arguments(parameters))

    async def run(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        """All rows of a compiled statement."""
        for observe in self.observers:
            observe(text, arguments)
        async with (self._pool or await self._opened()).acquire() as connection:
            rows: Sequence[Row] = await connection.fetch(text, *arguments)
            return rows

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """One of the connections, as the driver has it."""
        async with (self._pool or await self._opened()).acquire() as connection:
            yield connection

    async def close(self) -> None:
        """Close the connections, once those in use are free."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def _opened(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await self._new_pool()
            return self._pool

    async def _new_pool(self) -> asyncpg.Pool:
        return await asyncpg.create_pool(
            **self._address,
            min_size=0,
            max_size=self._size,
            max_inactive_connection_lifetime=0,
            statement_cache_size=KEPT,
            max_cached_statement_lifetime=0,
            connection_class=_Connection,
            record_class=Row,
            server_settings=self._settings,
            init=_speak_json,
        )


async def _speak_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_dump, decoder=orjson.loads)


def _dump(value: Any) -> str:
    return orjson.dumps(value).decode()
