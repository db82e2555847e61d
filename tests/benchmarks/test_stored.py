"""The stored offers of the benchmark fit the current tables."""

from __future__ import annotations

import sqlalchemy as sa

from benchmarks.workload import offers
from models.database import connect
from models.embedded import Embedded
from tests import databases

COUNT = 2 * offers.OFFERS_PER_VIEWER


async def test_offers_are_stored_with_their_buyers(postgres: Embedded) -> None:
    """Each of them has a buyer, and seller and buyer have their offers."""
    name = f"{databases.PREFIX}offers"
    try:
        await offers.make(postgres, name, COUNT, lambda _: None)
        engine = connect(postgres.url(name))
        async with engine.connect() as connection:
            found = (await connection.execute(sa.text("SELECT count(DISTINCT offer_id), min(status) FROM offer_buyer"))).one()
        await engine.dispose()
    finally:
        await databases.drop(postgres, name)

    assert (COUNT, "PUBLISHED") == tuple(found)
