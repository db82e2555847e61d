"""Inquiries: visitors' messages to public profiles, several for each company of the cast that has one (R018)."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Final

from commands.demo.words import FAMILY_NAMES, GIVEN_NAMES
from commands.demo.world import TODAY, Row, World, moments
from models.marketplace_profile import ProfileVisibility

FIRST: Final = datetime(2025, 9, 1, 8, tzinfo=TODAY.tzinfo)
PER_PROFILE: Final = 0.5
OF_THE_CAST: Final = 6
QUESTIONS: Final = (
    "Could you connect our two offices, and from when on?",
    "Do you have a public port near ours?",
    "What would a test over a month look like?",
    "Whom do we talk to about a migration?",
)


def fill(world: World) -> None:
    """Create the inquiries in sending order."""
    chance = world.chance("inquiry")
    recipients = _recipients(world, chance)
    for at, profile in zip(moments(chance, FIRST, TODAY, len(recipients)), recipients, strict=True):
        first, last = chance.choice(GIVEN_NAMES), chance.choice(FAMILY_NAMES)
        world.add(
            "inquiry",
            at=at,
            company_id=profile["company_id"],
            profile_id=profile["id"],
            sender_name=f"{first} {last}",
            sender_email=f"{first}.{last}@visitor.example".lower(),
            sender_company=chance.choice((None, f"{last} Retail")),
            message=chance.choice(QUESTIONS),
            created_at=at,
        )


def _recipients(world: World, chance: Random) -> list[Row]:
    """Return the receiving profile of each inquiry."""
    public = [row for row in world.rows["marketplace_profile"] if row["visibility"] == ProfileVisibility.PUBLIC]
    cast = {company["id"] for company in world.cast}
    profiles = [row for row in public if row["company_id"] in cast] * OF_THE_CAST
    profiles += [chance.choice(public) for _ in range(round(len(public) * PER_PROFILE))]
    chance.shuffle(profiles)
    return profiles
