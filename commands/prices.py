"""`crossgate prices import`: create and update the price list from a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.import_options import PRICE_COLUMNS, DryRun, file_argument

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Import the price list.")


@app.callback()
def prices() -> None:
    """Import the price list."""


@app.command("import")
def import_(file: Annotated[Path, file_argument(PRICE_COLUMNS)], dry_run: DryRun = False) -> None:
    """Create the prices of a CSV file, and update those that exist already. Amounts are in major units, such as 1250.00.

    The kind, location, speed and term identify a price.
    Prices that the file doesn't have stay as they are, and so do ordered ports.
    If anything in the file is wrong, nothing is imported.
    """
    from commands.work.prices import import_file

    typer.echo(import_file(file, dry_run=dry_run))
