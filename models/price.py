"""The price list: what a port or connection costs by location, speed and term.

These prices apply to new orders; an existing port keeps the price it was ordered at. A combination without a price can't be ordered.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Identified, enum_column
from models.concept import Concept
from models.kinds import Amount

RATE_LIMITS_MBPS: Final = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)  # the tiers available for connections


class PriceKind(DescribedEnum):
    """The kind of item that a price applies to."""

    PORT = "PORT", "A port."
    CONNECTION = "CONNECTION", "A connection between two ports."


class Price(Identified, Base):
    """An entry of the price list, in minor units of `currency`. For a connection, `speed_mbps` is its rate limit."""

    __tablename__ = "price"
    IS_COMMON = True

    location_id: Mapped[UUID] = mapped_column(sa.ForeignKey("location.id"))
    kind: Mapped[PriceKind] = mapped_column(enum_column(PriceKind))
    speed_mbps: Mapped[int]
    term_months: Mapped[int]
    currency: Mapped[str] = mapped_column(sa.String(3))
    monthly_rate: Mapped[Amount]  # per month
    setup_fee: Mapped[Amount]  # once

    __table_args__ = (
        sa.UniqueConstraint("location_id", "kind", "speed_mbps", "term_months"),
        sa.CheckConstraint("term_months IN (1, 12, 24, 36, 48, 60)", name="term"),
        sa.CheckConstraint(
            "kind = 'PORT' AND speed_mbps IN (1000, 10000, 100000, 400000) OR kind = 'CONNECTION'"
            " AND speed_mbps IN (50, 100, 200, 500, 1000, 2000, 5000, 10000)",
            name="speed",
        ),
        sa.CheckConstraint("monthly_rate >= 0 AND setup_fee >= 0", name="amounts"),
    )


def price_of(kind: PriceKind, location_id: UUID, speed_mbps: int, term_months: int) -> sa.Select[Price]:
    """Select the price of an order; no row if it isn't available. Doesn't check policy: code that shows the price must."""
    return sa.select(Price).where(
        Price.location_id == location_id,
        Price.kind == kind,
        Price.speed_mbps == speed_mbps,
        Price.term_months == term_months,
    )


CONCEPTS: Final = (Concept("Price", Price),)
