"""Which database a command works on: the one that DATABASE_URL names, else the embedded one, which runs meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from address import Address
from commands.failure import Failure
from models.database import connect, upgrade
from models.embedded import Embedded
from settings import Settings

DIRECTORY: Final = "postgres"  # in the data directory
NAME: Final = "crossgate"
MIGRATION_LOCK: Final = 7_041_936  # the advisory lock of whoever migrates; any number that nothing else uses


@contextmanager
def running_database(settings: Settings) -> Iterator[Settings]:
    """The settings with the URL of the database in them. Meanwhile its server runs, if it is the embedded one."""
    if settings.database_url is not None:
        yield settings
        return
    with Embedded(settings.data_dir / DIRECTORY) as postgres:
        url = asyncio.run(postgres.database(NAME))
        yield settings.model_copy(update={"database_url": url})


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """A pool of connections to a located database, tried once. Raises Failure."""
    url = str(settings.database_url)
    engine = connect(url)
    try:
        await _try(engine, url)
        yield engine
    finally:
        await engine.dispose()


async def migrate(engine: AsyncEngine) -> None:
    """Bring the schema to the newest revision. Processes that do so at once take turns."""
    async with engine.connect() as guard:
        await guard.execute(sa.select(sa.func.pg_advisory_lock(MIGRATION_LOCK)))
        try:
            await upgrade(engine)
        finally:
            await guard.execute(sa.select(sa.func.pg_advisory_unlock(MIGRATION_LOCK)))


async def _try(engine: AsyncEngine, url: str) -> None:
    try:
        async with engine.connect():
            return
    except Exception as error:  # drivers and systems have many ways to say no, and each of them is the answer
        raise Failure(f"The database {Address.parse(url).shown} cannot be reached: {error}") from error
