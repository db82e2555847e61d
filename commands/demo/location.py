"""Locations: data centres of invented operators in real metros. About 92 % are ACTIVE."""

from __future__ import annotations

from typing import Final

from commands.demo.metro import metros
from commands.demo.world import FOUNDED, World, deck
from models.location import LocationStatus

OPERATORS: Final = ("Northlight", "Stonequay", "Brightvault", "Fernhall", "Copperlode", "Harbourmere")
STATUSES: Final = {
    LocationStatus.ACTIVE: 184,
    LocationStatus.NEW: 4,
    LocationStatus.DEPLOYMENT: 4,
    LocationStatus.RESTRICTED: 3,
    LocationStatus.EXTENDED: 3,
    LocationStatus.EXPIRED: 2,
}
SPEEDS: Final = {
    (1_000, 10_000, 100_000): 53,
    (1_000, 10_000): 27,
    (10_000, 100_000): 14,
    (1_000, 10_000, 100_000, 400_000): 6,
}


def fill(world: World) -> None:
    """Cycle through the metros until there are enough locations."""
    chance = world.chance("location")
    count, places = world.scale.locations, metros()
    kinds = zip(deck(chance, STATUSES, count), deck(chance, SPEEDS, count), strict=True)
    for number, (status, speeds) in enumerate(kinds):
        metro, ordinal = places[number % len(places)], number // len(places) + 1
        operator = OPERATORS[(number + ordinal) % len(OPERATORS)]
        world.add(
            "location",
            at=FOUNDED,
            name=f"{operator} {metro.code}{ordinal}, {metro.name}",
            metro=metro.name,
            country=metro.country,
            market=metro.market,
            status=status,
            latitude=metro.latitude,
            longitude=metro.longitude,
            speeds_mbps=list(speeds),
        )
