"""Portal origins of the cast. One of them is proven, as far as the sample market knows (V52)."""

from __future__ import annotations

from typing import Final

from commands.demo.world import TODAY, World

ORIGINS: Final = {"https://portal.partner.example": TODAY, "https://new.partner.example": None}  # and when they were verified


def fill(world: World) -> None:
    """Give the partner of the cast its origins."""
    company = world.cast.partner
    for number, (origin, verified_at) in enumerate(ORIGINS.items()):
        world.add(
            "portal_origin",
            at=TODAY,
            company_id=company["id"],
            origin=origin,
            proof=f"crossgate-portal-sample-{number}",
            created_at=TODAY,
            checked_at=verified_at,
            verified_at=verified_at,
        )
