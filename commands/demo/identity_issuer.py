"""Identity issuers of the cast. Nothing answers at their addresses, so nobody signs in with them (V53)."""

from __future__ import annotations

from typing import Final

from commands.demo.world import TODAY, World

ISSUERS: Final = {"partner": "https://login.partner.example"}
AUDIENCE: Final = "crossgate"


def fill(world: World) -> None:
    """Give the partner of the cast an issuer."""
    for part, issuer in ISSUERS.items():
        company = getattr(world.cast, part)
        world.add("identity_issuer", at=TODAY, company_id=company["id"], issuer=issuer, audience=AUDIENCE, created_at=TODAY)
