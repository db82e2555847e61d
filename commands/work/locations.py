"""Locations from a CSV file: created and updated, all or nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from commands.csv_file import Problems, read_lines
from commands.csv_values import choice, degrees, whole_numbers
from commands.import_options import LOCATION_COLUMNS
from commands.importing import Entry, Rows, count_and_store, read_entries, stored_rows, tracking
from commands.store import open_recorded_transaction, running_database
from models import Location, Price
from models.billing_market import CURRENCIES
from models.location import LocationStatus
from models.port import SPEEDS_MBPS
from resolvers.writing.field_readers import country
from resolvers.writing.input_reader import InputReader
from resolvers.writing.user_errors import ErrorCode
from settings import Settings

COMMAND: Final = "crossgate locations import"  # its action in the audit log
KEY: Final = ("name",)
MAX_NAME_LENGTH: Final = 200  # characters of names and metros
OTHER_CURRENCY: Final = "The location has prices in {}, so it can't move to a market with prices in {}."


def import_file(file: Path, *, dry_run: bool) -> str:
    """Import a file. Returns a summary. Raises InvalidFile."""
    with running_database(Settings.load()) as settings:
        return asyncio.run(_import(settings, file, dry_run=dry_run))


async def _import(settings: Settings, file: Path, *, dry_run: bool) -> str:
    problems = Problems(file)
    lines = read_lines(file, LOCATION_COLUMNS, problems)
    with tracking() as track:
        entries = read_entries(track(lines, "Checking"), read_location, KEY, problems)
        async with open_recorded_transaction(settings, COMMAND) as session:
            rows = await stored_rows(session, Location, KEY)
            await _check_currencies(session, entries, rows, problems)
            problems.raise_if_any()
            summary = await count_and_store(session, Location, entries, rows, track, dry_run=dry_run)
    return summary.sentence("Locations", dry_run=dry_run)


def read_location(fields: InputReader) -> dict[str, Any]:
    """Read the columns of a location."""
    return {
        "name": fields.text("name", MAX_NAME_LENGTH),
        "metro": fields.text("metro", MAX_NAME_LENGTH),
        "country": country(fields, "country", required=True),
        "market": choice(fields, "market", CURRENCIES),
        "status": choice(fields, "status", tuple(LocationStatus)),
        "latitude": degrees(fields, "latitude", 90),
        "longitude": degrees(fields, "longitude", 180),
        "speeds_mbps": whole_numbers(fields, "speeds_mbps", SPEEDS_MBPS),
    }


async def _check_currencies(session: AsyncSession, entries: list[Entry], rows: Rows, problems: Problems) -> None:
    """Add a problem for each location that would move to a market with another currency than its prices have."""
    currencies = sa.select(Price.location_id, sa.func.min(Price.currency).label("currency")).group_by(Price.location_id)
    priced = {each.location_id: each.currency for each in await session.execute(currencies)}
    for entry in entries:
        row = rows.get(entry.key)
        had, has = None if row is None else priced.get(row.id), CURRENCIES[entry.values["market"]]
        if row is not None and had not in (None, has) and row.market != entry.values["market"]:
            problems.add(ErrorCode.LOCKED, OTHER_CURRENCY.format(had, has), entry.line, "market")
