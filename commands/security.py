"""`crossgate security announce`: notify the users affected by a security event, including those of managed accounts (R119)."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Notify the users affected by a security event.")


@app.callback()
def security() -> None:
    """Notify the users affected by a security event."""


@app.command()
def announce(
    title: Annotated[str, typer.Option(help="The subject, in one line.")],
    body: Annotated[str, typer.Option(help="The message, in plain text.")],
    user: Annotated[list[str] | None, typer.Option(metavar="EMAIL", help="A user. Can be repeated.")] = None,
    company: Annotated[str | None, typer.Option(metavar="ID_OR_NAME", help="All members of this company.")] = None,
    all_users: Annotated[bool, typer.Option("--all", help="All users.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print who would be notified.")] = False,
) -> None:
    """Notify each user directly, with one email. Users of managed accounts are notified too; their partner is not."""
    if [bool(user), company is not None, all_users].count(True) != 1:
        raise typer.BadParameter("use exactly one of --user, --company and --all", param_hint="--user")
    from commands.work.security import announce as announce_security

    typer.echo(announce_security(title, body, user or [], company, dry_run=dry_run))
