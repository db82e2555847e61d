"""What has to be true before a port is ordered: fields when it is ordered, and again when an order is approved (V12, V13).

Everything is looked at locked, so that what was true stays true until the port is stored.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from models import BillingMarket, Company, Location
from models.company import VerificationStatus
from models.location import LocationStatus
from resolvers.writing.input_reader import InputReader
from resolvers.writing.unit_of_work import UnitOfWork
from resolvers.writing.user_errors import ErrorCode

UNVERIFIED: Final = "The company is not verified yet; it can order as soon as it is."
NOT_ORDERABLE: Final = "{} is {}; ports are ordered in ACTIVE locations only."
NO_MARKET: Final = "The billing market {} is not enabled by the company that pays."
NO_SPEED: Final = "{} does not offer {} Mbps; choose of {}."


def check_company(fields: InputReader, company: Company, *path: str) -> None:
    """Note that a company is not verified (R404, A40)."""
    if company.verification_status != VerificationStatus.VERIFIED:
        fields.add_error(ErrorCode.COMPANY_NOT_VERIFIED, UNVERIFIED, *path)


def check_location(fields: InputReader, location: Location, name: str) -> None:
    """Note that nothing is ordered in a location (R429)."""
    if location.status != LocationStatus.ACTIVE:
        fields.add_error(ErrorCode.LOCATION_NOT_ORDERABLE, NOT_ORDERABLE.format(location.name, location.status), name)


def check_speed(fields: InputReader, location: Location, speed_mbps: int, name: str) -> bool:
    """Note that a location does not offer a speed, and tell whether it does."""
    if not (offered := speed_mbps in location.speeds_mbps):
        speeds = ", ".join(map(str, location.speeds_mbps))
        fields.add_error(ErrorCode.INVALID_VALUE, NO_SPEED.format(location.name, speed_mbps, speeds), name)
    return offered


async def check_market(work: UnitOfWork, fields: InputReader, company: Company, location: Location, name: str) -> None:
    """Note that whoever pays, the company itself or its partner, has not enabled the location's billing market (V12, A19)."""
    payer = company.partner_id or company.id
    market = select(BillingMarket).where(BillingMarket.company_id == payer, BillingMarket.market == location.market)
    found = await work.scalar(market.with_for_update(read=True))
    if found is None or not found.enabled:
        fields.add_error(ErrorCode.MARKET_NOT_ENABLED, NO_MARKET.format(location.market), name)
