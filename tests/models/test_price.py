"""Prices: one for each combination, and only for what can be had."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Price
from models.price import PriceKind, price_of
from tests.models.factory import add, location

PRICE: dict[str, Any] = {
    "kind": "PORT",
    "speed_mbps": 1_000,
    "term_months": 12,
    "currency": "EUR",
    "monthly_rate": 7,
    "setup_fee": 0,
}


async def test_a_price_is_found_by_what_is_ordered(engine: AsyncEngine) -> None:
    """Kind, location, speed and term find one price; what has none cannot be had."""
    async with engine.connect() as connection:
        here, there = await location(connection), await location(connection)
        await add(connection, Price, location_id=here, **PRICE)
        await add(connection, Price, location_id=here, **{**PRICE, "kind": "CONNECTION", "monthly_rate": 8})
        await add(connection, Price, location_id=here, **{**PRICE, "term_months": 24, "monthly_rate": 9})
        asked = [
            price_of(PriceKind.PORT, here, 1_000, 12),
            price_of(PriceKind.CONNECTION, here, 1_000, 12),
            price_of(PriceKind.PORT, here, 1_000, 24),
            price_of(PriceKind.PORT, here, 10_000, 12),
            price_of(PriceKind.PORT, there, 1_000, 12),
        ]
        found = [(await connection.execute(each)).one_or_none() for each in asked]

    assert [7, 8, 9, None, None] == [price and price.monthly_rate for price in found]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="a second price of the same"),
        pytest.param({"speed_mbps": 50}, id="a port as slow as a connection"),
        pytest.param({"term_months": 13}, id="a term that there is not"),
        pytest.param({"kind": "CONNECTION", "speed_mbps": 400_000}, id="a connection as fast as the fastest port"),
        pytest.param({"kind": "CONNECTION", "speed_mbps": 51}, id="a rate limit between two tiers"),
        pytest.param({"term_months": 24, "monthly_rate": -1}, id="a price below nothing"),
        pytest.param({"kind": "OTHER"}, id="a price of something else"),
    ],
)
async def test_what_cannot_be_had_has_no_price(engine: AsyncEngine, change: dict[str, Any]) -> None:
    """The table refuses a combination that is there already, or that there is not."""
    async with engine.connect() as connection:
        here = await location(connection)
        await add(connection, Price, location_id=here, **PRICE)

        with pytest.raises((IntegrityError, LookupError)):
            await add(connection, Price, location_id=here, **{**PRICE, **change})
