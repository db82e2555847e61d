"""`crossgate database`: migrate the database or print its URL."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Migrate the database or print its URL.")


@app.command("upgrade")
def to_newest() -> None:
    """Upgrade the schema to the latest revision."""
    from commands.work.database import to_newest as upgrade

    upgrade()


@app.command("downgrade")
def to_earlier(
    revision: Annotated[str, typer.Argument(help="The revision, such as 0004, or `base` for an empty schema.")],
) -> None:
    """Downgrade the schema to an earlier revision. Data that later revisions added is lost."""
    from commands.work.database import to_earlier as downgrade

    downgrade(revision)


@app.command()
def url() -> None:
    """Print the database URL for psql. The embedded database only runs while a process uses it."""
    from commands.work.database import url as url_for_psql

    typer.echo(url_for_psql())
