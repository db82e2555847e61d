"""`crossgate schema`: print the schema as SDL, or list what changed since its snapshot and whether that breaks clients."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

SNAPSHOT: Final = Path(__file__).parents[1] / "schema" / "schema.graphql"

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Print the schema, or check it against its snapshot.")


@app.command("print")
def print_(
    as_: Annotated[
        str | None,
        typer.Option("--as", metavar="SHAPE", help="A viewer, such as MANAGED+FINANCE, whose schema to print."),
    ] = None,
) -> None:
    """Print the schema in GraphQL schema definition language (SDL)."""
    from commands.work.schema import sdl, shaped_sdl

    typer.echo(sdl() if as_ is None else shaped_sdl(as_), nl=False)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="The snapshot.", show_default="schema/schema.graphql")] = SNAPSHOT) -> None:
    """Compare the schema with a snapshot. Fails with the changes, and whether they break clients."""
    from commands.work.schema import check as check_snapshot

    check_snapshot(file)
