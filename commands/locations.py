"""`crossgate locations import`: create and update locations from a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.import_options import LOCATION_COLUMNS, DryRun, file_argument

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Import locations.")


@app.callback()
def locations() -> None:
    """Import locations."""


@app.command("import")
def import_(file: Annotated[Path, file_argument(LOCATION_COLUMNS)], dry_run: DryRun = False) -> None:
    """Create the locations of a CSV file, and update those that exist already. The name identifies a location.

    Locations that the file doesn't have stay as they are.
    If anything in the file is wrong, nothing is imported.
    """
    from commands.work.locations import import_file

    typer.echo(import_file(file, dry_run=dry_run))
