"""`crossgate demo`: fill an empty database with the sample market, with a progress bar and a summary."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.demo.scales import SEED, DemoScale

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    scale: Annotated[DemoScale, typer.Option(help="The size of the sample market.")] = DemoScale.SMALL,
    seed: Annotated[int, typer.Option(help="The same seed gives the same rows.")] = SEED,
) -> None:
    """Fill an empty database with a sample market. All names and prices are invented."""
    from commands.demo.filling import fill_database

    typer.echo(fill_database(scale, seed))
