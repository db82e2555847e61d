"""The four viewers of the workload, and how they say who they are: to the gateway by a token, to the other servers by a header."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from transport.authentication.tokens import Tokens

PARTNER: Final = "partner"  # administrates a partner that manages 228 companies; nothing is hidden from it
MANAGED: Final = "managed"  # administrates one of those companies, from which prices are hidden
DIRECT: Final = "direct"  # administrates a company that works with the operator itself
ANONYMOUS: Final = "anonymous"  # a visitor, who has not signed in
SIGNED_IN: Final = (PARTNER, MANAGED, DIRECT)
LIFETIME: Final = 24 * 60 * 60  # seconds
WHO: Final = sa.text("""
    SELECT m.id, m.user_id, m.company_id, c.account_kind
    FROM app_user u JOIN membership m ON m.user_id = u.id JOIN company c ON c.id = m.company_id WHERE u.email = :email
""")


@dataclass(frozen=True, slots=True)
class Bearer:
    """The headers of a viewer: what the gateway verifies, and what other servers believe."""

    name: str
    token: str | None = None
    kind: str = "ANONYMOUS"
    company: UUID | None = None
    prices: bool = False

    @property
    def for_gateway(self) -> dict[str, str]:
        """The headers of a request to the gateway."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def for_others(self) -> dict[str, str]:
        """The header of a request to another server: kind of account, company, and whether it sees prices."""
        return {"X-Viewer": f"{self.kind} {self.company or ''} {int(self.prices)}"}


def email(viewer: str) -> str:
    """The address of the user that a viewer is."""
    return f"{viewer}@workload.example"


async def bearers(engine: AsyncEngine, key_file: Path, names: tuple[str, ...] = SIGNED_IN) -> dict[str, Bearer]:
    """Viewers by their names, and the anonymous one, with tokens that are signed with the gateway's key."""
    tokens, found = Tokens.load(key_file), {ANONYMOUS: Bearer(ANONYMOUS)}
    async with engine.connect() as connection:
        for name in names:
            who = (await connection.execute(WHO, {"email": email(name)})).one()
            token = tokens.issue(who.user_id, who.id, LIFETIME)
            found[name] = Bearer(name, token, who.account_kind, who.company_id, prices=name != MANAGED)
    return found
