"""A database that is some versions old is upgraded while others read and write it, and loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from models.database import LOCKED, LockWaits, connect, downgrade, transaction, upgrade
from tests.client import PARTNER, open_client

OLD: Final = "0039"  # the next versions add a column to companies, triggers to accounts, and tables that reference both
BRIEF: Final = LockWaits(timeout=0.1, pause=0.1, attempts=600)
ONCE: Final = LockWaits(timeout=0.1, pause=0, attempts=2)
WAITS: Final = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'company'::regclass")
RENAME: Final = sa.text("UPDATE company SET trading_name = :text WHERE id = (SELECT id FROM company ORDER BY id LIMIT 1)")
READ: Final = sa.text("SELECT trading_name FROM company ORDER BY id LIMIT 1")
READ_PORT: Final = sa.text("SELECT name FROM port ORDER BY id LIMIT 1")
RENAME_PORT: Final = sa.text("UPDATE port SET name = :text WHERE id = (SELECT id FROM port ORDER BY id LIMIT 1)")
VERSION: Final = sa.text("SELECT version_num FROM alembic_version")


@pytest.fixture
async def old(demo_copy_url: str) -> AsyncIterator[AsyncEngine]:
    """A connection pool for a copy of the sample market in an old version."""
    engine = connect(demo_copy_url)
    await downgrade(engine, OLD)
    yield engine
    await engine.dispose()


async def test_upgrade_lets_others_pass_while_it_waits(old: AsyncEngine, demo_copy_url: str, tmp_path: Path) -> None:
    """A long transaction holds up the upgrade only. Afterwards everything is there that was acknowledged, and a gateway starts."""
    async with transaction(old) as long:
        await long.execute(RENAME, {"text": "long"})
        upgrading = asyncio.create_task(upgrade(old, locks=BRIEF))
        for _ in range(3):
            await _until_it_waits(old)
            async with old.connect() as reader:  # behind the upgrade in the queue for the table
                assert await reader.scalar(READ) is not None
            await _write(old, RENAME_PORT, "meanwhile")
        assert not upgrading.done()
    await upgrading

    async with old.connect() as connection:
        found = await connection.scalar(READ), await connection.scalar(READ_PORT)
    assert ("long", "meanwhile") == found
    async with open_client(demo_copy_url, tmp_path) as client:
        assert (await client(PARTNER, "{ ports(first: 1) { nodes { id } } }")).data["ports"]["nodes"]


async def test_upgrade_ends_if_others_never_make_room(old: AsyncEngine) -> None:
    """After the last attempt it says why. The database is as it was, and later statements have no lock timeout."""
    async with transaction(old) as long:
        await long.execute(RENAME, {"text": "long"})
        with pytest.raises(DBAPIError) as refused:
            await upgrade(old, locks=ONCE)

    assert refused.value.orig is not None
    assert refused.value.orig.sqlstate in LOCKED  # type: ignore[attr-defined]
    async with old.connect() as connection:
        assert OLD == await connection.scalar(VERSION)
        assert "0" == await connection.scalar(sa.text("SHOW lock_timeout"))


async def _write(engine: AsyncEngine, statement: sa.TextClause, text: str) -> None:
    async with transaction(engine) as session:
        await session.execute(statement, {"text": text})


async def _until_it_waits(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        while not await connection.scalar(WAITS):  # noqa: ASYNC110 (PostgreSQL has no event for it)
            await asyncio.sleep(0.01)
