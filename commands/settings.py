"""`crossgate settings`: every setting with its default and meaning, as the page of the documentation."""

from __future__ import annotations

import typer

app = typer.Typer(add_completion=False)


@app.command()
def settings() -> None:
    """Print every setting with its default and meaning, as Markdown."""
    from commands.work.settings import page

    typer.echo(page(), nl=False)
