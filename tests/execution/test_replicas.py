"""Queries are answered by a replica that is behind, but never with what the primary no longer allows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.replication import caught_up, pair
from models import ManagedAccount, Membership, Port, User
from models.database import connect
from models.replicas import BEHIND, BY_REPLICA, FAILED, Position
from telemetry.metrics import REPLICA_LAG_SECONDS
from tests.client import DIRECT, SHOWN, Client, open_client
from tests.databases import restore
from transport.http.replicas import ClientReplicas

PRICE: Final = "query Price { ports(first: 1, orderBy: {field: NAME}) { nodes { monthlyRate { amount } } } }"
NAME: Final = "query Name { ports(first: 1) { nodes { id name version } } }"
FACETS: Final = "{ portFacets { totalCount } }"
RENAME: Final = "mutation ($input: UpdatePortInput!) { updatePort(input: $input) { port { name } userErrors { code } } }"
SERVERS: Final = {"fsync": "off", "shared_buffers": "64MB", "autovacuum": "off"}
PATIENCE: Final = 30  # seconds
AWAY: Final = "postgresql://nobody@127.0.0.1:1/nothing"


@dataclass
class Replicated:
    """A gateway with a replica, and both databases."""

    client: Client
    primary: AsyncEngine
    replica: AsyncEngine


@pytest.fixture(scope="module")
async def replicated(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Replicated]:
    """A gateway over the sample market on a primary with a replica."""
    folder: Path = tmp_path_factory.mktemp("replicated")
    with pair(folder, SERVERS) as (primary, replica):
        url = await primary.database("market")
        await asyncio.to_thread(restore, url, demo_url)
        engines = connect(url), connect(replica.url("market"))
        async with open_client(url, folder, replica_urls=(replica.url("market"),), max_replica_lag=300) as client:
            client.compares = False
            replicas = client.app.state.services.replicas
            async with asyncio.timeout(30):
                while replicas.reads(None) is None:  # noqa: ASYNC110 (nothing reports the first look at the primary)
                    await asyncio.sleep(0.01)
            yield Replicated(client, *engines)
        for engine in engines:
            await engine.dispose()


@pytest.fixture
async def lagging(replicated: Replicated) -> AsyncIterator[Replicated]:
    """The gateway with a replica that has everything so far and replays nothing more."""
    await replicated.client(SHOWN, PRICE)
    await caught_up(replicated.primary, replicated.replica)
    await run(replicated.replica, sa.text("SELECT pg_wal_replay_pause()"))
    async with replicated.replica.connect() as connection, asyncio.timeout(30):
        while await connection.scalar(sa.text("SELECT pg_get_wal_replay_pause_state()")) != "paused":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    yield replicated
    await run(replicated.replica, sa.text("SELECT pg_wal_replay_resume()"))


async def run(engine: AsyncEngine, statement: sa.Executable) -> None:
    """Run a statement."""
    async with engine.connect() as connection:
        await connection.execute(statement)


def company_of(email: str) -> Any:
    """Return the company of a member, for a statement."""
    member = sa.select(Membership.company_id).join(User, User.id == Membership.user_id).where(User.email == email)
    return member.scalar_subquery()


async def test_query_is_answered_by_the_replica(lagging: Replicated) -> None:
    """A lagging replica's data is returned, as long as nothing requires more."""
    await lagging.client(SHOWN, PRICE)
    before, served = (await lagging.client(SHOWN, PRICE)).body, BY_REPLICA.value - BEHIND.value - FAILED.value
    await run(lagging.primary, sa.update(Port).where(Port.company_id == company_of(SHOWN)).values(monthly_rate=31))

    assert before == (await lagging.client(SHOWN, PRICE)).body
    assert served + 1 == BY_REPLICA.value - BEHIND.value - FAILED.value


async def test_query_whose_first_read_is_a_resolvers_is_answered_by_the_primary(lagging: Replicated) -> None:
    """A resolver can't compare the viewer's facts on the replica. The client gets data and no error."""
    assert [[]] * 3 == [(await lagging.client(SHOWN, FACETS)).errors for _ in range(3)]


async def test_what_somebody_else_revokes_counts_at_once_on_a_lagging_replica_V2(lagging: Replicated) -> None:
    """Hidden prices and a removed membership hold from the next request, though the replica doesn't know of them."""
    for _ in range(2):
        assert (await lagging.client(SHOWN, PRICE)).data["ports"]["nodes"][0]["monthlyRate"] is not None
    await run(
        lagging.primary, sa.update(ManagedAccount).where(ManagedAccount.company_id == company_of(SHOWN)).values(pricing=False)
    )
    hidden = await lagging.client(SHOWN, PRICE)
    user = sa.select(User.id).where(User.email == SHOWN).scalar_subquery()
    await run(lagging.primary, sa.delete(Membership).where(Membership.user_id == user))

    assert [{"monthlyRate": None}] == hidden.data["ports"]["nodes"]
    assert 401 == (await lagging.client(SHOWN, PRICE)).status


async def test_client_reads_what_it_has_written(lagging: Replicated) -> None:
    """With the position of its mutation, a client gets its change from the primary while the replica is behind."""
    client = lagging.client
    port = [await client(DIRECT, NAME) for _ in range(2)][1].data["ports"]["nodes"][0]
    headers = {"Authorization": f"Bearer {await client._token(DIRECT)}"}
    change = {"id": port["id"], "version": port["version"], "name": "Renamed by me"}
    written = await client.http.post("/graphql", json={"query": RENAME, "variables": {"input": change}}, headers=headers)
    stale = await client.send(DIRECT, NAME, {})
    position = written.headers["Crossgate-Position"]
    fresh = await client.send(DIRECT, NAME, {}, **{"Crossgate-Position": position})
    served = BY_REPLICA.value
    forged = await client.send(DIRECT, NAME, {}, **{"Crossgate-Position": f"{position}, forged"})

    assert port["name"] == stale.data["ports"]["nodes"][0]["name"]
    assert ["Renamed by me"] * 2 == [each.data["ports"]["nodes"][0]["name"] for each in (fresh, forged)]
    assert served == BY_REPLICA.value  # no replica was tried


@pytest.mark.parametrize("position", ["yesterday", "00000001-00000016/B374D848", "=", "A" * 80, ",".join(["A"] * 20)])
async def test_forged_position_is_answered_by_the_primary(lagging: Replicated, position: str) -> None:
    """Only the gateway writes positions. With any other value, the client gets current data."""
    served = BY_REPLICA.value
    answer = await lagging.client.send(DIRECT, NAME, {}, **{"Crossgate-Position": position})

    assert [] == answer.errors
    assert served == BY_REPLICA.value


async def test_position_does_not_tell_how_much_is_written(lagging: Replicated) -> None:
    """What clients get differs each time and has one length, although the primary is where it was."""
    replicas = ClientReplicas(lagging.client.app.state.services.replicas, lambda: [bytes(32)])
    first, second = [await replicas.position() for _ in range(2)]

    assert first
    assert second
    assert first != second
    assert len(first) == len(second)


async def test_lag_is_shown_until_the_replica_has_caught_up(lagging: Replicated) -> None:
    """It grows from the first change that the replica hasn't replayed, and ends with that."""
    replicas = lagging.client.app.state.services.replicas
    await run(lagging.primary, sa.update(Port).where(Port.company_id == company_of(SHOWN)).values(monthly_rate=32))
    async with asyncio.timeout(PATIENCE):
        while REPLICA_LAG_SECONDS.numbers()["1",][0] < 1:  # noqa: ASYNC110 (nothing reports it)
            await asyncio.sleep(0.05)
        await run(lagging.replica, sa.text("SELECT pg_wal_replay_resume()"))
        while replicas.lags() != [0]:  # noqa: ASYNC110 (as above)
            await asyncio.sleep(0.05)


async def test_primary_answers_while_a_replica_is_away(demo_url: str, tmp_path: Path) -> None:
    """A replica that refuses connections costs one attempt, and is then left out."""
    async with open_client(demo_url, tmp_path, replica_urls=(AWAY,), max_replica_lag=300) as client:
        client.compares = False
        while client.app.state.services.replicas.reads(None) is None:  # noqa: ASYNC110 (as above)
            await asyncio.sleep(0.01)
        failed = FAILED.value
        answers = [await client(SHOWN, PRICE) for _ in range(4)]

    assert [[]] * 4 == [each.errors for each in answers]
    assert failed + 1 == FAILED.value


def test_positions_are_written_as_they_are_read() -> None:
    """A position survives being written, and contains what is earlier on the same or an earlier timeline."""
    position = Position(2, 0x16_B374D848)

    assert position == Position.parse(str(position))
    assert None is Position.parse("2-16/B374D848")
    assert position.contains(Position(1, 5))
    assert not position.contains(Position(3, 5))
    assert Position(3, 0x16_B374D848) == position.join(Position(3, 5))
