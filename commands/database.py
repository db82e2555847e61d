"""`crossgate database`: the migrations of the database, and where it is."""

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

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Migrate the database, or say where it is.")


@app.command("upgrade")
def to_newest() -> None:
    """Bring the schema to the newest revision."""
    with running_database(Settings.load()) as settings:
        asyncio.run(_upgrade(settings))


@app.command("downgrade")
def to_earlier(revision: Annotated[str, typer.Argument(help="The revision, or `base` for none.")]) -> None:
    """Take the schema back to a revision. What later ones stored is lost."""
    with running_database(Settings.load()) as settings:
        asyncio.run(_downgrade(settings, revision))


@app.command()
def url() -> None:
    """Print the URL of the database, as psql takes it. The embedded one can be reached while something uses it."""
    with running_database(Settings.load()) as settings:
        typer.echo(Address.parse(str(settings.database_url)).uri)


async def _upgrade(settings: Settings) -> None:
    async with open_database(settings) as engine:
        await migrate(engine)


async def _downgrade(settings: Settings, revision: str) -> None:
    async with open_database(settings) as engine:
        try:
            await downgrade(engine, revision)
        except CommandError as error:
            raise Failure(f"The schema cannot be taken back: {error}.") from None
