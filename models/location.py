"""Locations: the data centres where ports are ordered (R429, R430)."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Identified, enum_column
from models.concept import Concept, always, array_contains, equals, one_of
from models.name_search import name_search, terms_of


class LocationStatus(DescribedEnum):
    """The status of a location. Ports can be ordered only in ACTIVE locations."""

    ACTIVE = "ACTIVE", "Ports can be ordered."
    NEW = "NEW", "It's announced, and takes no orders yet."
    DEPLOYMENT = "DEPLOYMENT", "It's being built, and takes no orders yet."
    RESTRICTED = "RESTRICTED", "It takes no new orders."
    EXTENDED = "EXTENDED", "It's an extension of another location, and takes no orders."
    EXPIRED = "EXPIRED", "It's closed, and takes no orders."


class Location(Identified, Base):
    """A data centre. Coordinates are those of its metro's centre, in degrees. Speeds are in Mbps."""

    __tablename__ = "location"
    IS_COMMON = True

    name: Mapped[str] = mapped_column(unique=True)
    metro: Mapped[str]
    country: Mapped[str] = mapped_column(sa.String(2))
    market: Mapped[str] = mapped_column(sa.String(2))
    status: Mapped[LocationStatus] = mapped_column(enum_column(LocationStatus))
    latitude: Mapped[float]
    longitude: Mapped[float]
    speeds_mbps: Mapped[list[int]]
    name_terms: Mapped[str] = terms_of("location_name_terms(name)")

    __table_args__ = (
        sa.Index("location_metro_page", "metro", "id"),
        sa.Index("location_country_page", "country", "id"),
        sa.Index("location_market_page", "market", "id"),
        sa.Index("location_status_page", "status", "id"),
    )


CONCEPTS: Final = (
    Concept(
        "Location",
        Location,
        tag=b"lo",
        filters={
            "metro": equals("metro", "Matches the metropolitan area."),
            "metros": one_of("metro", "Matches any of these metropolitan areas."),
            "country": equals("country", "Matches the ISO 3166-1 alpha-2 country code."),
            "countries": one_of("country", "Matches any of these ISO 3166-1 alpha-2 country codes."),
            "market": equals("market", "Matches the code of the billing market."),
            "markets": one_of("market", "Matches any of these codes of billing markets."),
            "status": equals("status", "Matches the status."),
            "statuses": one_of("status", "Matches any of these statuses."),
            "speed_mbps": array_contains("speeds_mbps", "Matches locations that offer this port speed, in Mbps."),
            **name_search("name"),
        },
        has_few_rows=True,
        actions=always("order"),
    ),
)
