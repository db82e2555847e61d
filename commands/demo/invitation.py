"""Open invitations of the cast. Nobody has their tokens: send a new invitation to get one (V42)."""

from __future__ import annotations

from typing import Final

from choices import MemberRole
from commands.demo.world import OPEN_UNTIL, TODAY, Row, World

CAST: Final[dict[str, dict[str, list[MemberRole]]]] = {
    "partner": {
        "maria.stone@newcomer.example": [MemberRole.FINANCE],
        "network@direct.example": [MemberRole.NETWORK_ADMIN, MemberRole.VIEWER],
    },
    "hidden": {"lea.brook@newcomer.example": [MemberRole.VIEWER]},
    "direct": {"tom.hill@newcomer.example": [MemberRole.NETWORK_ADMIN]},
}
INVITING: Final = {  # who sends each company's invitations
    "partner": "admin@partner.example",
    "hidden": "hidden@managed.example",
    "direct": "admin@direct.example",
}


def fill(world: World) -> None:
    """Send the invitations of the cast: to newcomers, and to a member of another company."""
    chance = world.chance("invitation")
    users = {row["email"]: row for row in world.rows["app_user"] if row["email"] is not None}
    for part, invitations in CAST.items():
        for email, roles in invitations.items():
            _add(world, getattr(world.cast, part), users[INVITING[part]], email, roles, chance.randbytes(32).hex())


def _add(world: World, company: Row, inviting: Row, email: str, roles: list[MemberRole], unknown_hash: str) -> None:
    world.add(
        "invitation",
        at=TODAY,
        company_id=company["id"],
        email=email,
        roles=sorted(roles),
        invited_by_id=inviting["id"],
        token_hash=unknown_hash,
        created_at=TODAY,
        expires_at=OPEN_UNTIL,
    )
