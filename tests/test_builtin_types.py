"""Connections look up PostgreSQL's built-in types once for the process, and a database's own types for themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

import builtin_types
from address import Address

KEY: Final = UUID(int=7)
LOOKUP: Final = "typeinfo_tree"  # a name in the query that looks types up


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin_types, "_known", {})


@asynccontextmanager
async def connected(url: str, **options: Any) -> AsyncIterator[tuple[Any, list[str]]]:
    """Open a connection. Yields it and the queries that it has sent."""
    sent: list[str] = []
    connection = await asyncpg.connect(**Address.parse(url).asyncpg({}), **options)
    connection.add_query_logger(lambda record: sent.append(record.query))
    yield connection, sent
    await connection.close()


async def lookups(url: str, statement: str, *arguments: Any, **options: Any) -> tuple[Any, int]:
    """Return a statement's value on a new connection, and how many queries have looked types up."""
    async with connected(url, **options) as (connection, sent):
        value = await connection.fetchval(statement, *arguments)
        return value, len([query for query in sent if LOOKUP in query])


@pytest.mark.parametrize("options", [{}, {"statement_cache_size": 0}], ids=["cached", "unnamed"])
async def test_builtin_type_is_looked_up_once_for_all_connections(demo_url: str, options: dict[str, int]) -> None:
    """Named and unnamed statements get the same values on the connection that looks up and on others."""
    statement = "SELECT $1::uuid[] || $2::uuid[]"
    found = [await lookups(demo_url, statement, [KEY], [KEY], **options) for _ in range(3)]

    assert [([KEY, KEY], 1), ([KEY, KEY], 0), ([KEY, KEY], 0)] == found


async def test_types_of_a_database_are_looked_up_by_each_connection(database_url: str) -> None:
    """Another database can have another type with the same OID."""
    async with connected(database_url) as (connection, _):
        await connection.execute("CREATE TYPE pair AS (name text, number int)")

    found = [await lookups(database_url, "SELECT ROW('a', 1)::pair") for _ in range(2)]

    assert [(("a", 1), 1), (("a", 1), 1)] == [(tuple(value), number) for value, number in found]
