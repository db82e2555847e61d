"""`crossgate token`: print a user's bearer token, and nothing else, to standard output."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def token(
    email: Annotated[str, typer.Option("--as", metavar="EMAIL", help="The user's email address.")],
    development: Annotated[bool, typer.Option("--development", help="Confirm that this is a machine for development.")] = False,
    lifetime: Annotated[int | None, typer.Option(min=1, metavar="SECONDS", help="How long the token is valid.")] = None,
) -> None:
    """Print a bearer token for a user, in development mode."""
    from commands.work.token import new_token

    typer.echo(new_token(email, lifetime, development=development))
