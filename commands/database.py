"""`crossgate database`: migrate the database or print its URL."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from alembic.util import CommandError

from address import Address
from commands.failure import Failure
from commands.store import migrate, open_database, running_database
from models.database import downgrade
from settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Migrate the database or print its URL.")


@app.command("upgrade")
def to_newest() -> None:
    """Upgrade the schema to the latest revision."""
    with running_database(Settings.load()) as settings:
        asyncio.run(_upgrade(settings))


@app.command("downgrade")
def to_earlier(
    revision: Annotated[str, typer.Argument(help="The revision, such as 0004, or `base` for an empty schema.")],
) -> None:
    """Downgrade the schema to an earlier revision. Data that later revisions added is lost."""
    with running_database(Settings.load()) as settings:
        asyncio.run(_downgrade(settings, revision))


@app.command()
def url() -> None:
    """Print the database URL for psql. The embedded database only runs while a process uses it."""
    with running_database(Settings.load()) as settings:
        typer.echo(Address.parse(str(settings.database_url)).uri)


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
