"""`crossgate key`: manage the key that signs tokens and cursors."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Rotate the key that signs tokens and cursors.")


@app.callback()
def key() -> None:
    """Manage the key that signs tokens and cursors."""


@app.command()
def rotate(
    keep: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="SECONDS",
            help="How long the old key is still accepted. 30 days, as long as a session, or the token lifetime if not set.",
        ),
    ] = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="Invalidate all existing tokens and cursors immediately.")] = False,
) -> None:
    """Create a new signing key. Running gateways start using it within a second of their next token."""
    if revoke and keep is not None:
        raise typer.BadParameter("--revoke and --keep can't be used together", param_hint="--keep")
    from models.session import IDLE_LIFETIME
    from settings import Settings
    from transport.authentication.keys import rotate as rotated

    settings = Settings.load()
    usual = max(int(IDLE_LIFETIME.total_seconds()), settings.token_lifetime)  # a shorter time would end sessions
    new, *retired = rotated(settings.signing_key_file, 0 if revoke else keep or usual)
    typer.echo(f"{new.kid} is the new signing key.")
    for old in filter(attrgetter("is_usable"), retired):
        typer.echo(f"{old.kid} is accepted until {old.until:%Y-%m-%dT%H:%M:%SZ}.")
    if revoke:
        typer.echo("All existing tokens and cursors are now invalid.")
