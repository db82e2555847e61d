"""Lost connections: a mutation whose connection ends runs on another one, unless it might be done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Answer, Client
from tests.factory import Company, Factory
from tests.rules.mutations import recorded_changes

SET: Final = "mutation ($input: SetBillingMarketInput!) { setBillingMarket(input: $input) { billingMarket { enabled } } }"
END: Final = "SELECT pg_terminate_backend(%s, 5000)"


@pytest.fixture
def factory(engine: AsyncEngine) -> Factory:
    """Return a factory that adds rows to the test database."""
    return Factory(engine)


@pytest.fixture
def end(database_url: str) -> Callable[[sa.Connection], None]:
    """Return what ends a connection's process in PostgreSQL, as a failover does."""

    def ends(connection: sa.Connection) -> None:
        driver: Any = connection.connection.driver_connection
        with psycopg.connect(database_url.replace("+asyncpg", "")) as other:
            assert other.execute(END, [driver.get_server_pid()]).fetchone() == (True,)

    return ends


async def enable(client: Client, company: Company, **headers: str) -> Answer:
    """Enable a billing market."""
    return await client.send(company.admin, SET, {"input": {"market": "DE", "enabled": True}}, **headers)


@contextmanager
def before(engine: AsyncEngine, event: str, number: int, act: Callable[[sa.Connection], None]) -> Iterator[list[None]]:
    """Act once in the block, before the statement or commit of this number. Yields a list with an item for each one."""
    seen: list[None] = []

    def note(connection: sa.Connection, *_rest: Any) -> None:
        seen.append(None)
        if len(seen) == number:
            act(connection)

    sa.event.listen(engine.sync_engine, event, note)
    try:
        yield seen
    finally:
        sa.event.remove(engine.sync_engine, event, note)


async def test_mutation_survives_a_lost_connection_before_each_of_its_statements(
    client: Client, factory: Factory, engine: AsyncEngine, end: Callable[[sa.Connection], None]
) -> None:
    """Nothing was changed before the commit, so the mutation runs again, without a key too, and is recorded once."""
    gateway, first = client.app.state.services.engine, await factory.company()
    await client._token(first.admin)
    with before(gateway, "before_cursor_execute", 0, end) as statements:
        await enable(client, first)
    companies = [await factory.company() for _ in statements]
    for number, company in enumerate(companies, start=1):
        await client._token(company.admin)
        with before(gateway, "before_cursor_execute", number, end) as seen:
            answer = await enable(client, company)
        assert [] == answer.errors
        assert len(seen) >= len(statements) + number

    assert len(statements) > 2
    assert ["setBillingMarket"] * (1 + len(companies)) == [action for action, _, _ in await recorded_changes(engine)]


async def test_connection_that_is_lost_while_it_commits_is_only_replaced_with_a_key(
    client: Client, factory: Factory, engine: AsyncEngine, end: Callable[[sa.Connection], None]
) -> None:
    """Nobody knows whether the change was made. With a key the mutation can't run twice, so it's tried again."""
    gateway, company = client.app.state.services.engine, await factory.company()

    def commit_and_end(connection: sa.Connection) -> None:
        connection.exec_driver_sql("COMMIT")
        end(connection)

    answers = []
    for key, act in (("made", commit_and_end), ("not made", end)):
        with before(gateway, "commit", 1, act):
            answers.append(await enable(client, company, **{"Idempotency-Key": key}))
    with before(gateway, "commit", 1, end):
        unknown = await enable(client, await factory.company())

    assert [{"setBillingMarket": {"billingMarket": {"enabled": True}}}] * 2 == [answer.data for answer in answers]
    assert ["INTERNAL"] == unknown.codes
    assert ["setBillingMarket"] == [action for action, _, _ in await recorded_changes(engine)]
