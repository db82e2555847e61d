"""Prices: one per combination, and only for what can be ordered."""

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


async def test_price_is_found_by_order_details(engine: AsyncEngine) -> None:
    """Kind, location, speed and term identify one price. A combination without a price can't be ordered."""
    async with engine.connect() as connection:
        here, there = await location(connection), await location(connection)
        await add(connection, Price, location_id=here, **PRICE)
        await add(connection, Price, location_id=here, **{**PRICE, "kind": "CONNECTION", "monthly_rate": 8})
        await add(connection, Price, location_id=here, **{**PRICE, "term_months": 24, "monthly_rate": 9})
        statements = [
            price_of(PriceKind.PORT, here, 1_000, 12),
            price_of(PriceKind.CONNECTION, here, 1_000, 12),
            price_of(PriceKind.PORT, here, 1_000, 24),
            price_of(PriceKind.PORT, here, 10_000, 12),
            price_of(PriceKind.PORT, there, 1_000, 12),
        ]
        prices = [(await connection.execute(statement)).one_or_none() for statement in statements]

    assert [7, 8, 9, None, None] == [price and price.monthly_rate for price in prices]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="duplicate"),
        pytest.param({"speed_mbps": 50}, id="port with a connection's speed"),
        pytest.param({"term_months": 13}, id="unknown term"),
        pytest.param({"kind": "CONNECTION", "speed_mbps": 400_000}, id="connection with a port's speed"),
        pytest.param({"kind": "CONNECTION", "speed_mbps": 51}, id="rate limit between two tiers"),
        pytest.param({"term_months": 24, "monthly_rate": -1}, id="negative price"),
        pytest.param({"kind": "OTHER"}, id="unknown kind"),
    ],
)
async def test_invalid_price_is_rejected(engine: AsyncEngine, change: dict[str, Any]) -> None:
    """The table rejects a duplicate combination, and values that don't exist."""
    async with engine.connect() as connection:
        here = await location(connection)
        await add(connection, Price, location_id=here, **PRICE)

        with pytest.raises((IntegrityError, LookupError)):
            await add(connection, Price, location_id=here, **{**PRICE, **change})
