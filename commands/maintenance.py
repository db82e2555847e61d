"""`crossgate maintenance announce`: announce maintenance to the companies that it affects (R117, R118, A15)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Announce maintenance to the companies that it affects.")


@app.callback()
def maintenance() -> None:
    """Announce maintenance to the companies that it affects."""


@app.command()
def announce(
    title: Annotated[str, typer.Option(help="The subject, in one line.")],
    body: Annotated[str, typer.Option(help="The message, in plain text.")],
    location: Annotated[str | None, typer.Option(metavar="NAME_OR_ID", help="The location under maintenance.")] = None,
    market: Annotated[str | None, typer.Option(metavar="CODE", help="All locations of this billing market.")] = None,
    all_locations: Annotated[bool, typer.Option("--all", help="All locations.")] = False,
    starts: Annotated[str | None, typer.Option(metavar="ISO", help="When it starts. UTC if no offset is given.")] = None,
    ends: Annotated[str | None, typer.Option(metavar="ISO", help="When it ends.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print who would be notified.")] = False,
) -> None:
    """Notify each company with ports there, once. For ports of managed accounts, their partner is notified instead."""
    if [location is not None, market is not None, all_locations].count(True) != 1:
        raise typer.BadParameter("use exactly one of --location, --market and --all", param_hint="--location")
    start, end = _moment(starts, "--starts"), _moment(ends, "--ends")
    if start and end and end <= start:
        raise typer.BadParameter("the end must be after the start", param_hint="--ends")
    from commands.work.maintenance import Announcement
    from commands.work.maintenance import announce as announce_maintenance

    announcement = Announcement(title, body, start, end, location, market)
    typer.echo(announce_maintenance(announcement, dry_run=dry_run))


def _moment(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("use an ISO 8601 time such as 2026-12-01T22:00+01:00", param_hint=option) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
