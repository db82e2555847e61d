"""The workload's four viewers and how they authenticate: with a token to the gateway, with a header to other servers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from transport.authentication.tokens import Tokens

PARTNER: Final = "partner"  # administrator of a partner that manages 228 companies; nothing is hidden from it
MANAGED: Final = "managed"  # administrator of one of those companies, from which prices are hidden
DIRECT: Final = "direct"  # administrator of a company that works directly with the operator
ANONYMOUS: Final = "anonymous"  # a visitor who isn't signed in
SIGNED_IN: Final = (PARTNER, MANAGED, DIRECT)
LIFETIME: Final = 24 * 60 * 60  # seconds
WHO: Final = sa.text("""
    SELECT m.id, m.user_id, m.company_id, c.account_kind
    FROM app_user u JOIN membership m ON m.user_id = u.id JOIN company c ON c.id = m.company_id WHERE u.email = :email
""")


@dataclass(frozen=True, slots=True)
class Bearer:
    """A viewer's request headers: a token for the gateway, and a trusted header for other servers."""

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
        """The header for other servers: account kind, company, and whether it sees prices."""
        return {"X-Viewer": f"{self.kind} {self.company or ''} {int(self.prices)}"}


def email(viewer: str) -> str:
    """Return the email address of a viewer's user."""
    return f"{viewer}@workload.example"


async def bearers(engine: AsyncEngine, key_file: Path, names: tuple[str, ...] = SIGNED_IN) -> dict[str, Bearer]:
    """Return the viewers by name, including the anonymous one, with tokens signed with the gateway's key."""
    tokens, found = Tokens.load(key_file), {ANONYMOUS: Bearer(ANONYMOUS)}
    async with engine.connect() as connection:
        for name in names:
            who = (await connection.execute(WHO, {"email": email(name)})).one()
            token = tokens.issue(who.user_id, who.id, LIFETIME)
            found[name] = Bearer(name, token, who.account_kind, who.company_id, prices=name != MANAGED)
    return found
