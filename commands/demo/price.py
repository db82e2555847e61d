"""Prices of ports and connections in each location, by speed and term. They are invented and the same for everyone."""

from __future__ import annotations

from typing import Final

from commands.demo.metro import currencies, minor_units
from commands.demo.world import FOUNDED, Row, World
from models.port import TERMS_MONTHS
from models.price import RATE_LIMITS_MBPS, PriceKind

MONTHLY_DOLLARS: Final = {1_000: 300, 10_000: 750, 100_000: 2_900, 400_000: 9_000}
SETUP_DOLLARS: Final = {1_000: 0, 10_000: 250, 100_000: 1_200, 400_000: 4_000}
DISCOUNTS: Final = {1: 1.0, 12: 0.9, 24: 0.84, 36: 0.8, 48: 0.77, 60: 0.75}  # by term in months
CONNECTION_DOLLARS: Final = {
    50: 45,
    100: 70,
    200: 110,
    500: 200,
    1_000: 320,
    2_000: 520,
    5_000: 980,
    10_000: 1_600,
}


def fill(world: World) -> None:
    """Add a price for every speed that a location offers, and every rate limit, for every term."""
    for location in world.rows["location"]:
        for term in TERMS_MONTHS:
            for speed in location["speeds_mbps"]:
                _price(world, location, PriceKind.PORT, speed, term, MONTHLY_DOLLARS[speed], SETUP_DOLLARS[speed])
            for limit in RATE_LIMITS_MBPS:
                _price(world, location, PriceKind.CONNECTION, limit, term, CONNECTION_DOLLARS[limit], 0)


def _price(world: World, location: Row, kind: PriceKind, speed: int, term: int, monthly: int, setup: int) -> None:
    currency = currencies()[location["market"]]
    factor = 0.9 + len(location["metro"]) % 5 / 10  # invented: depends on the length of the metro's name
    world.add(
        "price",
        at=FOUNDED,
        location_id=location["id"],
        kind=kind,
        speed_mbps=speed,
        term_months=term,
        currency=currency,
        monthly_rate=minor_units(monthly * factor * DISCOUNTS[term], currency),
        setup_fee=minor_units(setup * factor, currency),
    )
