"""Checks before a port is ordered: when the order is placed, and again when it is approved (V12, V13).

They lock the rows they read, so that the results stay true until the port is stored.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from models import BillingMarket, Company, Location
from models.location import LocationStatus
from resolvers.values.messages import worded
from resolvers.writing.input_reader import InputReader
from resolvers.writing.unit_of_work import UnitOfWork
from resolvers.writing.user_errors import ErrorCode

NOT_ORDERABLE: Final = "{location} is {status}. Choose an ACTIVE location."
NO_MARKET: Final = "The paying company hasn't enabled the billing market {market}."
NO_SPEED: Final = "{location} doesn't offer {speed_mbps} Mbps. Choose one of: {speeds}."


def check_location(fields: InputReader, location: Location, name: str) -> None:
    """Add an error if the location can't be ordered in (R429)."""
    if location.status != LocationStatus.ACTIVE:
        fields.add_error(
            ErrorCode.LOCATION_NOT_ORDERABLE, worded(NOT_ORDERABLE, location=location.name, status=location.status), name
        )


def check_speed(fields: InputReader, location: Location, speed_mbps: int, name: str) -> bool:
    """Return True if the location offers the speed; otherwise add an error."""
    if not (offered := speed_mbps in location.speeds_mbps):
        speeds = ", ".join(map(str, location.speeds_mbps))
        fields.add_error(
            ErrorCode.INVALID_VALUE, worded(NO_SPEED, location=location.name, speed_mbps=speed_mbps, speeds=speeds), name
        )
    return offered


async def check_market(work: UnitOfWork, fields: InputReader, company: Company, location: Location, name: str) -> None:
    """Add an error if the payer, the partner or else the company, hasn't enabled the location's billing market (V12, A19)."""
    payer = company.partner_id or company.id
    market = select(BillingMarket).where(BillingMarket.company_id == payer, BillingMarket.market == location.market)
    row = await work.scalar(market.with_for_update(read=True))
    if row is None or not row.enabled:
        fields.add_error(ErrorCode.MARKET_NOT_ENABLED, worded(NO_MARKET, market=location.market), name)
