"""Announcements of maintenance, to the companies with ports at the locations that it affects (R117, R118, A15)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

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


@dataclass(frozen=True)
class Announcement:
    """The text of an announcement and where it applies: a location, a market, or everywhere if neither is set."""

    title: str
    body: str
    starts: datetime | None
    ends: datetime | None
    location: str | None
    market: str | None


def announce(announcement: Announcement, *, dry_run: bool) -> str:
    """Notify the affected companies, or only list them. Returns the text to print. Raises Failure."""
    with running_database(Settings.load()) as settings:
        return asyncio.run(_announce(settings, announcement, dry_run=dry_run))


async def _announce(settings: Settings, announcement: Announcement, *, dry_run: bool) -> str:
    async with open_transaction(settings) as session:
        affected = await affected_by_maintenance(session, await _locations(session, announcement))
        if dry_run:
            return _preview(affected)
        window = MaintenanceWindow(announcement.starts, announcement.ends)
        with in_progress(len(affected)) as advance:
            people = await announce_maintenance(session, affected, announcement.title, announcement.body, window, advance)
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
