"""What the Strawberry and Ariadne servers load: a statement per relation, for all parents of a level, and one per root field.

No authorization: root lists are filtered by a WHERE, everything below them is readable, and no field is hidden.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

import asyncpg

POOL: Final = 10
MARKETPLACE_NAME: Final = "coalesce(p.marketplace_name, f.company_name || ' at ' || l.name) AS name"
SHOWN: Final = "p.visibility = 'PUBLIC' AND p.profile_visibility = 'PUBLIC'"
PORTS: Final = """
    (SELECT * FROM port WHERE company_id = $1 ORDER BY id LIMIT $2)
    UNION ALL (SELECT * FROM port WHERE partner_id = $1 ORDER BY id LIMIT $2) ORDER BY id LIMIT $2
"""
PROFILES: Final = """
    SELECT * FROM marketplace_profile
    WHERE visibility = 'PUBLIC' OR company_id = $1 OR partner_id = $1 ORDER BY id LIMIT $2
"""
ACCOUNTS: Final = "SELECT * FROM managed_account WHERE partner_id = $1 ORDER BY id LIMIT $2"
MARKETPLACE_PORT: Final = f"""
    SELECT p.id, p.speed_mbps, p.location_id, {MARKETPLACE_NAME}
    FROM port p JOIN marketplace_profile f ON f.company_id = p.company_id JOIN location l ON l.id = p.location_id
    WHERE p.id = $1 AND {SHOWN}
"""  # noqa: S608 (the conditions are ours)
LOCATIONS: Final = "SELECT * FROM location WHERE id = ANY($1::uuid[])"
COMPANIES: Final = "SELECT id, trading_name, account_kind, company_type FROM company WHERE id = ANY($1::uuid[])"
BUYERS: Final = """
    SELECT b.offer_id AS parent, c.id, c.trading_name, c.account_kind, c.company_type
    FROM offer_buyer b JOIN company c ON c.id = b.company_id
    WHERE b.offer_id = ANY($1::uuid[]) ORDER BY b.offer_id, b.company_id
"""
# $1 companies, $2 the number of rows for each
PORTS_OF: Final = """
    SELECT k.id AS parent, p.* FROM unnest($1::uuid[]) k (id)
    CROSS JOIN LATERAL (SELECT * FROM port WHERE company_id = k.id ORDER BY id LIMIT $2) p ORDER BY p.id
"""
OFFERS_OF: Final = PORTS_OF.replace("FROM port", "FROM offer")
MARKETPLACE_PORTS_OF: Final = f"""
    SELECT k.id AS parent, p.id, p.speed_mbps, p.location_id, {MARKETPLACE_NAME} FROM unnest($1::uuid[]) k (id)
    JOIN marketplace_profile f ON f.company_id = k.id
    CROSS JOIN LATERAL (SELECT * FROM port p WHERE p.company_id = k.id AND {SHOWN} ORDER BY p.id LIMIT $2) p
    JOIN location l ON l.id = p.location_id ORDER BY p.id
"""  # noqa: S608

Row: TypeAlias = Any  # an asyncpg record, which has no types


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that isn't reset on release: nothing here changes its state."""

    def get_reset_query(self) -> str:
        """Return an empty statement: nothing needs a reset."""
        return ""


class Database:
    """The connection pool, opened at first use."""

    def __init__(self) -> None:
        self._pool: Any = None

    async def open(self) -> None:
        """Open all connections."""
        settings = json.loads(os.environ["SERVER_SETTINGS"])
        self._pool = await asyncpg.create_pool(
            min_size=POOL, max_size=POOL, connection_class=Connection, server_settings=settings
        )

    async def rows(self, statement: str, *values: Any) -> list[Row]:
        """Run a statement and return its rows."""
        found: list[Row] = await self._pool.fetch(statement, *values)
        return found

    async def by_key(self, statement: str, keys: Sequence[Any]) -> list[Row | None]:
        """Return the row of each key."""
        found = {row["id"]: row for row in await self.rows(statement, keys)}
        return [found.get(key) for key in keys]

    async def below(self, statement: str, parents: Sequence[Any], *values: Any) -> list[list[Row]]:
        """Return the rows of each parent."""
        found: dict[Any, list[Row]] = {parent: [] for parent in parents}
        for row in await self.rows(statement, parents, *values):
            found[row["parent"]].append(row)
        return [found[parent] for parent in parents]


def viewer_company(headers: Any) -> str | None:
    """Return the viewer's company from the request."""
    company: str = headers["x-viewer"].split(" ")[1]
    return company or None


def amount(minor_units: int) -> Decimal:
    """Return the amount of a currency that has cents."""
    return Decimal(minor_units).scaleb(-2)
