"""`crossgate maintenance announce`: tell of maintenance whoever is to know of it (R117, R118, A15)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from commands.announcement import announcing, in_progress, key_of, the_one
from commands.failure import Failure
from commands.store import running_database
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

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Tell of maintenance whoever is to know of it.")


@dataclass(frozen=True)
class Announcement:
    """What is announced, and where: at a location, in a market, or everywhere where neither is given."""

    title: str
    body: str
    window: MaintenanceWindow
    location: str | None
    market: str | None


@app.callback()
def maintenance() -> None:
    """Tell of maintenance whoever is to know of it."""


@app.command()
def announce(
    title: Annotated[str, typer.Option(help="A line.")],
    body: Annotated[str, typer.Option(help="Plain text.")],
    location: Annotated[str | None, typer.Option(metavar="NAME_OR_ID", help="The location that is maintained.")] = None,
    market: Annotated[str | None, typer.Option(metavar="CODE", help="All locations of a billing market.")] = None,
    all_locations: Annotated[bool, typer.Option("--all", help="All locations.")] = False,
    starts: Annotated[str | None, typer.Option(metavar="ISO", help="When it begins; UTC if no offset is given.")] = None,
    ends: Annotated[str | None, typer.Option(metavar="ISO", help="When it ends.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say who would be told.")] = False,
) -> None:
    """Tell each company with ports there, once. Of managed accounts' ports their partner is told, and they are not."""
    if [location is not None, market is not None, all_locations].count(True) != 1:
        raise typer.BadParameter("give one of --location, --market and --all", param_hint="--location")
    window = MaintenanceWindow(_moment(starts, "--starts"), _moment(ends, "--ends"))
    if window.starts and window.ends and window.ends <= window.starts:
        raise typer.BadParameter("it ends before it begins", param_hint="--ends")
    with running_database(Settings.load()) as settings:
        typer.echo(asyncio.run(_announce(settings, Announcement(title, body, window, location, market), dry_run=dry_run)))


async def _announce(settings: Settings, what: Announcement, *, dry_run: bool) -> str:
    async with announcing(settings) as session:
        concerned = await affected_by_maintenance(session, await _locations(session, what))
        if dry_run:
            return _listed(concerned)
        with in_progress(len(concerned)) as advance:
            people = await announce_maintenance(session, concerned, what.title, what.body, what.window, advance)
    return f"Told {len(concerned)} companies: {people} people."


async def _locations(session: AsyncSession, what: Announcement) -> list[UUID]:
    """The locations that are maintained. Raises Failure where there is none."""
    if what.location is not None:
        found = await find_locations(session, at_location(what.location, key_of(what.location, "Location")))
        return [the_one(found, f"location {what.location}")]
    found = await find_locations(session, everywhere() if what.market is None else in_market(what.market))
    if not found and what.market is not None:
        raise Failure(f"There is no location in the market {what.market}.")
    return found


def _listed(concerned: Sequence[AffectedCompany]) -> str:
    """Who would be told, a line each."""
    lines = [f"{each.name}, for {', '.join(each.accounts)}" if each.accounts else each.name for each in concerned]
    return "\n".join([f"Would tell {len(concerned)} companies:", *lines])


def _moment(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("must be a time such as 2026-12-01T22:00+01:00", param_hint=option) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
