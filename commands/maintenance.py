"""`crossgate maintenance announce`: announce maintenance to the companies that it affects (R117, R118, A15)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from commands.announcement import in_progress, key_of, the_one
from commands.failure import Failure
from commands.store import open_transaction, running_database
from resolvers.notifying.announcements import (
    AffectedCompany,
    affected_by_maintenance,
    announce_maintenance,
    at_location,
    everywhere,
    find_locations,
    in_market,
)
from resolvers.notifying.message_templates import MaintenanceWindow
from settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Announce maintenance to the companies that it affects.")


@dataclass(frozen=True)
class Announcement:
    """The text of an announcement and where it applies: a location, a market, or everywhere if neither is set."""

    title: str
    body: str
    window: MaintenanceWindow
    location: str | None
    market: str | None


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
    window = MaintenanceWindow(_moment(starts, "--starts"), _moment(ends, "--ends"))
    if window.starts and window.ends and window.ends <= window.starts:
        raise typer.BadParameter("the end must be after the start", param_hint="--ends")
    with running_database(Settings.load()) as settings:
        typer.echo(asyncio.run(_announce(settings, Announcement(title, body, window, location, market), dry_run=dry_run)))


async def _announce(settings: Settings, announcement: Announcement, *, dry_run: bool) -> str:
    async with open_transaction(settings) as session:
        affected = await affected_by_maintenance(session, await _locations(session, announcement))
        if dry_run:
            return _preview(affected)
        with in_progress(len(affected)) as advance:
            people = await announce_maintenance(
                session, affected, announcement.title, announcement.body, announcement.window, advance
            )
    return f"Notified {len(affected)} companies: {people} people."


async def _locations(session: AsyncSession, announcement: Announcement) -> list[UUID]:
    """Return the locations under maintenance. Raises Failure if none match."""
    if announcement.location is not None:
        found = await find_locations(session, at_location(announcement.location, key_of(announcement.location, "Location")))
        return [the_one(found, f"location {announcement.location}")]
    found = await find_locations(session, everywhere() if announcement.market is None else in_market(announcement.market))
    if not found and announcement.market is not None:
        raise Failure(f"No location is in market {announcement.market}. Use a market code such as UK.")
    return found


def _preview(affected: Sequence[AffectedCompany]) -> str:
    """Return the companies that would be notified, one per line."""
    lines = [f"{it.name}, for {', '.join(it.accounts)}" if it.accounts else it.name for it in affected]
    return "\n".join([f"Would notify {len(affected)} companies:", *lines])


def _moment(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("use an ISO 8601 time such as 2026-12-01T22:00+01:00", param_hint=option) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
