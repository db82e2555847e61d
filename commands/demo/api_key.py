"""API keys of the cast. Nobody has their secrets: create a key to sign in with one (V51)."""

from __future__ import annotations

import string
from datetime import timedelta
from typing import Final

from choices import MemberRole
from commands.demo.world import TODAY, Row, World
from models.api_key import MAX_LIFETIME
from resolvers.values.api_keys import PREFIX_LENGTH

CAST: Final[dict[str, dict[str, tuple[MemberRole, ...]]]] = {
    "partner": {
        "Customer portal": (MemberRole.NETWORK_ADMIN, MemberRole.VIEWER),
        "Invoice export": (MemberRole.FINANCE,),
        "Monitoring": (MemberRole.VIEWER,),
    },
    "direct": {"Monitoring": (MemberRole.VIEWER,)},
}
ORIGINS: Final = {"Customer portal": ["https://portal.partner.example"]}
REVOKED: Final = "Invoice export"


def fill(world: World) -> None:
    """Give the cast its keys, of which one is revoked."""
    chance = world.chance("API key")
    for part, keys in CAST.items():
        for name, roles in keys.items():
            prefix = "".join(chance.choices(string.ascii_letters, k=PREFIX_LENGTH))
            unknown_hash = chance.randbytes(32).hex()
            _add(world, getattr(world.cast, part), name, roles, prefix, unknown_hash)


def _add(world: World, company: Row, name: str, roles: tuple[MemberRole, ...], prefix: str, secret_hash: str) -> None:
    user = world.add("app_user", at=TODAY, email=None, email_verified_at=None, name=name, job_title=None, created_at=TODAY)
    world.add(
        "api_key",
        at=TODAY,
        company_id=company["id"],
        user_id=user["id"],
        name=name,
        prefix=prefix,
        secret_hash=secret_hash,
        roles=sorted(roles),
        origins=ORIGINS.get(name, []),
        created_at=TODAY,
        last_used_at=TODAY.replace(hour=0),
        expires_at=TODAY + MAX_LIFETIME,
        revoked_at=TODAY + timedelta(hours=1) if name == REVOKED else None,
    )
