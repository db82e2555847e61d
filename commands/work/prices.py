"""The price list from a CSV file: created and updated, all or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from commands.csv_file import Problems, read_lines
from commands.csv_values import amount, choice, whole_number
from commands.import_options import PRICE_COLUMNS
from commands.importing import count_and_store, read_entries, stored_rows, tracking
from commands.store import open_recorded_transaction, running_database
from commands.work.locations import MAX_NAME_LENGTH
from models import Location, Price
from models.billing_market import CURRENCIES
from models.port import SPEEDS_MBPS, TERMS_MONTHS
from models.price import RATE_LIMITS_MBPS, PriceKind
from resolvers.writing.input_reader import InputReader
from resolvers.writing.user_errors import ErrorCode
from settings import Settings

COMMAND: Final = "crossgate prices import"  # its action in the audit log
KEY: Final = ("kind", "location_id", "speed_mbps", "term_months")
SPEEDS: Final = {PriceKind.PORT: SPEEDS_MBPS, PriceKind.CONNECTION: RATE_LIMITS_MBPS}
ALL_SPEEDS: Final = tuple(sorted({*SPEEDS_MBPS, *RATE_LIMITS_MBPS}))
NO_LOCATION: Final = "No location has this name. Import it first with `crossgate locations import`."
OTHER_CURRENCY: Final = "The location is in the market {}, where prices are in {}."


def import_file(file: Path, *, dry_run: bool) -> str:
    """Import a file. Returns a summary. Raises InvalidFile."""
    with running_database(Settings.load()) as settings:
        return asyncio.run(_import(settings, file, dry_run=dry_run))


async def _import(settings: Settings, file: Path, *, dry_run: bool) -> str:
    problems = Problems(file)
    lines = read_lines(file, PRICE_COLUMNS, problems)
    with tracking() as track:
        async with open_recorded_transaction(settings, COMMAND) as session:
            locations = {row.name: row for row in await session.scalars(sa.select(Location))}
            rows = await stored_rows(session, Price, KEY)
            entries = read_entries(track(lines, "Checking"), partial(read_price, locations=locations), KEY, problems)
            problems.raise_if_any()
            summary = await count_and_store(session, Price, entries, rows, track, dry_run=dry_run)
    return summary.sentence("Prices", dry_run=dry_run)


def read_price(fields: InputReader, locations: Mapping[str, Location]) -> dict[str, Any]:
    """Read the columns of a price. `locations` are the stored ones, by name."""
    kind = choice(fields, "kind", tuple(PriceKind))
    location = _location(fields, locations)
    speed = whole_number(fields, "speed_mbps", ALL_SPEEDS if kind is None else SPEEDS[PriceKind(kind)])
    term = whole_number(fields, "term_months", TERMS_MONTHS)
    currency = _currency(fields, location)
    return {
        "kind": kind,
        "location_id": location and location.id,
        "speed_mbps": speed,
        "term_months": term,
        "currency": currency,
        "monthly_rate": amount(fields, "monthly_rate", currency),
        "setup_fee": amount(fields, "setup_fee", currency),
    }


def _location(fields: InputReader, locations: Mapping[str, Location]) -> Location | None:
    name = fields.text("location", MAX_NAME_LENGTH)
    if name is not None and name not in locations:
        fields.add_error(ErrorCode.NOT_FOUND, NO_LOCATION, "location")
    return None if name is None else locations.get(name)


def _currency(fields: InputReader, location: Location | None) -> str | None:
    """Read the currency, which must be that of the location's market."""
    currency = choice(fields, "currency", sorted(set(CURRENCIES.values())))
    billed = None if location is None else CURRENCIES.get(location.market)
    if location is not None and None not in (currency, billed) and currency != billed:
        fields.add_error(ErrorCode.INVALID_VALUE, OTHER_CURRENCY.format(location.market, billed), "currency")
    return currency
