"""`crossgate key`: the key that signs tokens and cursors."""

from __future__ import annotations

from typing import Annotated

import typer

from settings import Settings
from transport.authentication.keys import rotate as rotated

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Rotate the key that signs tokens and cursors.")


@app.callback()
def key() -> None:
    """The key that signs tokens and cursors."""


@app.command()
def rotate(
    keep: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="SECONDS", help="How long the key before still verifies; as long as tokens are good if not set."
        ),
    ] = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="End all tokens and cursors of before at once.")] = False,
) -> None:
    """Sign with a new key from now on. Gateways that run take it up within a second of their next token."""
    if revoke and keep is not None:
        raise typer.BadParameter("--revoke keeps no key: leave one of them out", param_hint="--keep")
    settings = Settings.load()
    new, *retired = rotated(settings.signing_key_file, 0 if revoke else keep or settings.token_lifetime)
    typer.echo(f"{new.kid} signs from now on.")
    for each in retired:
        typer.echo(f"{each.kid} verifies until {each.until:%Y-%m-%dT%H:%M:%SZ}.")
    if revoke:
        typer.echo("All tokens and cursors of before are refused.")
