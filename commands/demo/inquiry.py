"""Inquiries: what visitors have asked those who show themselves, several for each company of the cast that has a profile (R018)."""

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
    """Make the inquiries in the order in which they were sent."""
    chance = world.chance("inquiry")
    asked = _asked(world, chance)
    for at, profile in zip(moments(chance, FIRST, TODAY, len(asked)), asked, strict=True):
        given, family = chance.choice(GIVEN_NAMES), chance.choice(FAMILY_NAMES)
        world.add(
            "inquiry",
            at=at,
            company_id=profile["company_id"],
            profile_id=profile["id"],
            sender_name=f"{given} {family}",
            sender_email=f"{given}.{family}@visitor.example".lower(),
            sender_company=chance.choice((None, f"{family} Retail")),
            message=chance.choice(QUESTIONS),
            created_at=at,
        )


def _asked(world: World, chance: Random) -> list[Row]:
    """The profiles that are asked, one for each inquiry."""
    shown = [row for row in world.rows["marketplace_profile"] if row["visibility"] == ProfileVisibility.PUBLIC]
    cast = {company["id"] for company in world.cast}
    profiles = [row for row in shown if row["company_id"] in cast] * OF_THE_CAST
    profiles += [chance.choice(shown) for _ in range(round(len(shown) * PER_PROFILE))]
    chance.shuffle(profiles)
    return profiles
