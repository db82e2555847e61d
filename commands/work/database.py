"""Migrations of the database, and its URL."""

from __future__ import annotations

import asyncio

from alembic.util import CommandError

from address import Address
from commands.failure import Failure
from commands.store import migrate, open_database, running_database
from models.database import downgrade
from settings import Settings


def to_newest() -> None:
    """Upgrade the schema to the latest revision. Raises Failure."""
    with running_database(Settings.load()) as settings:
        asyncio.run(_upgrade(settings))


def to_earlier(revision: str) -> None:
    """Downgrade the schema to an earlier revision. Raises Failure if there is none of this name."""
    with running_database(Settings.load()) as settings:
        asyncio.run(_downgrade(settings, revision))


def url() -> str:
    """Return the database URL in the format of `psql`, including the password."""
    with running_database(Settings.load()) as settings:
        return Address.parse(str(settings.database_url)).uri


async def _upgrade(settings: Settings) -> None:
    async with open_database(settings) as engine:
        await migrate(engine)


async def _downgrade(settings: Settings, revision: str) -> None:
    async with open_database(settings) as engine:
        try:
            await downgrade(engine, revision)
        except CommandError:
            raise Failure(
                f"Can't downgrade to {revision}: it isn't an earlier revision. "
                "Use the number of a file in models/migrations/versions, such as 0004, or `base`."
            ) from None
