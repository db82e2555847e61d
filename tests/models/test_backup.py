"""A backup is a dump of the database and a copy of the signing key file (docs/operate/backup.md), rehearsed while orders arrive."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models.embedded import Embedded, programs
from tests import databases
from tests.client import DEMO_VIEWERS, DIRECT, Client, open_client

KEY: Final = "signing-key.pem"
BEFORE: Final = 5  # orders
QUERY: Final = """{
  ports(first: 100) { nodes { id name status version monthlyRate { amount } } totalCount }
  products(first: 20) { nodes { id } } offers(first: 20) { nodes { id name status } } }"""
PORT: Final = "{ ports(first: 1, filter: { status: ACTIVE }) { nodes { speedMbps location { id } } } }"
ORDER: Final = "mutation ($input: OrderPortInput!) { orderPort(input: $input) { port { id version } userErrors { code } } }"
RENAME: Final = "mutation ($input: UpdatePortInput!) { updatePort(input: $input) { port { name } userErrors { code } } }"


def run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs. Raises CalledProcessError."""
    subprocess.run([str(programs() / program), *arguments], check=True, capture_output=True, timeout=300)


def address(url: str) -> str:
    """Return the address of a database as PostgreSQL's programs take it."""
    return url.replace("postgresql+asyncpg", "postgresql")


@asynccontextmanager
async def snapshot(engine: AsyncEngine) -> AsyncIterator[str]:
    """Keep a snapshot of the database during the block. Yields its name."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        yield await connection.scalar(sa.text("SELECT pg_export_snapshot()"))


async def order(client: Client, like: Any, number: int) -> dict[str, Any]:
    """Order a port like another, or repeat that order. Return the port."""
    values = {"locationId": like["location"]["id"], "name": f"Order {number}", "speedMbps": like["speedMbps"], "termMonths": 12}
    answer = await client.send(DIRECT, ORDER, {"input": values}, **{"Idempotency-Key": f"order-{number}"})
    assert [] == answer.data["orderPort"]["userErrors"]
    port: dict[str, Any] = answer.data["orderPort"]["port"]
    return port


@pytest.fixture
async def restored_url(postgres: Embedded) -> AsyncIterator[str]:
    """The URL of an empty database to restore a backup to."""
    async with databases.copied(postgres, "template0") as url:
        yield url


async def test_restored_backup_has_all_that_was_acknowledged(demo_copy_url: str, restored_url: str, tmp_path: Path) -> None:
    """Orders, tokens, answers and triggers survive. An order whose answer got lost in the failure can be repeated."""
    dump, gateway, standby = tmp_path / "crossgate.dump", tmp_path / "gateway", tmp_path / "standby"
    for folder in (gateway, standby):
        folder.mkdir()
    async with open_client(demo_copy_url, gateway) as client:
        like = (await client(DIRECT, PORT)).data["ports"]["nodes"][0]
        acknowledged = [await order(client, like, number) for number in range(BEFORE)]
        expected = [(await client(viewer, QUERY)).body for viewer in DEMO_VIEWERS]
        async with snapshot(client.app.state.services.engine) as name:  # which has no order of those that follow
            options = ("--format=custom", f"--file={dump}", f"--snapshot={name}", address(demo_copy_url))
            dumping = asyncio.create_task(asyncio.to_thread(run, "pg_dump", *options))
            number = BEFORE
            while not dumping.done():
                await order(client, like, number := number + 1)
            await dumping
        shutil.copy(gateway / KEY, standby / KEY)
        tokens = dict(client._tokens)
    await asyncio.to_thread(run, "pg_restore", "--exit-on-error", "--no-owner", f"--dbname={address(restored_url)}", str(dump))

    async with open_client(restored_url, standby) as client:
        client._tokens |= tokens
        repeated = [await order(client, like, number) for number in range(BEFORE)]
        found = [(await client(viewer, QUERY)).body for viewer in DEMO_VIEWERS]
        async with client.following(DIRECT, "subscription { portUpdated { id name } }") as following:
            change = {"id": repeated[0]["id"], "version": repeated[0]["version"], "name": "Renamed"}
            await client(DIRECT, RENAME, input=change)
            event = await following.event()

    assert acknowledged == repeated
    assert expected == found
    assert {"id": repeated[0]["id"], "name": "Renamed"} == event["data"]["portUpdated"]


async def test_tokens_need_the_key_file_of_the_backup(demo_copy_url: str, tmp_path: Path) -> None:
    """Without the signing key file, a gateway on the same database refuses all tokens from before."""
    async with open_client(demo_copy_url, tmp_path) as client:
        assert 200 == (await client(DIRECT, PORT)).status
        tokens = dict(client._tokens)
    (tmp_path / KEY).unlink()

    async with open_client(demo_copy_url, tmp_path) as client:
        client._tokens |= tokens
        assert 401 == (await client(DIRECT, PORT)).status
