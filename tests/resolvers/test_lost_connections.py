"""Lost connections: a mutation whose connection ends runs on another one, unless it might be done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

import server
from resolvers.writing.transactions import MAX_ATTEMPTS
from settings import Settings
from tests.client import Answer, Client
from tests.factory import Company, Factory
from tests.free_port import free_port
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


async def test_mutation_that_loses_every_connection_changes_nothing_and_says_so(
    client: Client, factory: Factory, engine: AsyncEngine, end: Callable[[sa.Connection], None]
) -> None:
    """After the last attempt, the client learns that the database is away and that it can try again."""
    gateway, company = client.app.state.services.engine, await factory.company()
    await client._token(company.admin)
    ended: list[None] = []

    def end_always(connection: sa.Connection, *_rest: Any) -> None:
        ended.append(None)
        end(connection)

    sa.event.listen(gateway.sync_engine, "before_cursor_execute", end_always)
    try:
        answer = await enable(client, company)
    finally:
        sa.event.remove(gateway.sync_engine, "before_cursor_execute", end_always)

    assert (["UNAVAILABLE"], MAX_ATTEMPTS) == (answer.codes, len(ended))
    assert "Nothing was changed" in answer.errors[0]["message"]
    assert [] == await recorded_changes(engine)


async def test_lost_commit_stays_in_doubt_if_no_later_attempt_gets_further(
    client: Client, factory: Factory, engine: AsyncEngine, end: Callable[[sa.Connection], None]
) -> None:
    """The change was made, so nobody may say that it wasn't. The next request with the same key gets it."""
    gateway, company = client.app.state.services.engine, await factory.company()
    await client._token(company.admin)
    committed: list[None] = []

    def commit_and_end(connection: sa.Connection) -> None:
        connection.exec_driver_sql("COMMIT")
        committed.append(None)
        end(connection)

    def end_after_commit(connection: sa.Connection, *_rest: Any) -> None:
        if committed:
            end(connection)

    sa.event.listen(gateway.sync_engine, "before_cursor_execute", end_after_commit)
    try:
        with before(gateway, "commit", 1, commit_and_end):
            lost = await enable(client, company, **{"Idempotency-Key": "in doubt"})
    finally:
        sa.event.remove(gateway.sync_engine, "before_cursor_execute", end_after_commit)
    again = await enable(client, company, **{"Idempotency-Key": "in doubt"})

    assert (["INTERNAL"], {"setBillingMarket": {"billingMarket": {"enabled": True}}}) == (lost.codes, again.data)
    assert ["setBillingMarket"] == [action for action, _, _ in await recorded_changes(engine)]


async def test_events_are_heard_at_the_url_without_a_pooler(database_url: str, tmp_path: Path) -> None:
    """A pooler in transaction mode passes no notifications on, so the gateway listens elsewhere if it's told where."""
    pooler = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    app = server.build(Settings(data_dir=tmp_path, database_url=pooler, listen_url=database_url, log_level="ERROR"))
    listening = app.state.services.change_listener
    await listening.start()
    try:
        await asyncio.wait_for(listening.is_connected.wait(), 20)
    finally:
        await listening.close()
        await app.state.services.close()


async def test_request_without_a_database_is_answered_503(tmp_path: Path) -> None:
    """Clients and load balancers learn that they can try again. The response has nothing of the cause."""
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    app = server.build(Settings(data_dir=tmp_path, database_url=url, log_level="ERROR"))
    headers = {"Authorization": f"Bearer {app.state.tokens.issue(uuid4(), uuid4(), 60)}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
        response = await http.post("/graphql", json={"query": "{ ports { nodes { id } } }"}, headers=headers)
    await app.state.services.close()

    (error,) = response.json()["errors"]
    assert (503, "1", "UNAVAILABLE") == (response.status_code, response.headers["Retry-After"], error["extensions"]["code"])
    assert "Errno" not in response.text
