"""Two markets that differ only in size, each with its own gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.plans import Cost, Statement, cost, recording
from models.database import connect
from models.embedded import Embedded
from policies.catalogue import CATALOGUE
from resolvers.values.identifiers import Identifier
from tests import databases
from tests.client import Client, open_client
from tests.scale.connections import PARENTS, Filter, Root
from tests.scale.market import enlarge

LARGE: Final = 100_000
SMALL: Final = LARGE // 10
REFUSED: Final = {"FORBIDDEN_FILTER", "FORBIDDEN_ORDER"}
WHO: Final = ("app_user", "billing_market.market", "managed_account.pricing", "partner_defaults", "membership.roles")
OWN_DEALINGS: Final = """
    SELECT (SELECT count(*) FROM dealing WHERE '{0}' IN (buyer_id, seller_id))
    + (SELECT count(*) FROM dealing WHERE '{0}' IN (buyer_partner_id, seller_partner_id))
    + (SELECT count(*) FROM offer_buyer WHERE '{0}' IN (company_id, partner_id))
    + (SELECT count(*) FROM product_test_account WHERE company_id = '{0}')
"""
COMPANY_OF: Final = """
    SELECT m.company_id FROM membership m JOIN app_user u ON u.id = m.user_id WHERE u.email = '{}' ORDER BY m.id LIMIT 1
"""


@dataclass
class Market:
    """A market, queried through the endpoint."""

    client: Client
    _own_dealings: dict[str, int] = field(default_factory=dict)

    @property
    def engine(self) -> AsyncEngine:
        """The gateway's own connection pool."""
        engine: AsyncEngine = self.client.app.state.services.engine
        return engine

    async def costs(self, viewer: str | None, query: str, **variables: Any) -> list[tuple[Statement, Cost]]:
        """Return a viewer's query's statements with their costs, except those that load the viewer. Empty if it's refused (A16)."""
        with recording(self.client.app.state.services.reader) as statements:
            answer = await self.client(viewer, query, **variables)
        if answer.errors:
            assert set(answer.codes) <= REFUSED, answer.errors
            return []
        reading = [statement for statement in statements if not _loads_viewer(statement)]
        return [(statement, await cost(self.engine, statement)) for statement in reading]

    async def own_dealings(self, viewer: str | None) -> int:
        """Count the viewer's own dealings, offer buyers and test accounts, which are the same for all tests."""
        if viewer is None:
            return 0
        if viewer not in self._own_dealings:
            (self._own_dealings[viewer],) = await self.keys(OWN_DEALINGS.format(await self.company_of(viewer)))
        return self._own_dealings[viewer]

    async def company_of(self, viewer: str) -> Any:
        """Return the key of a viewer's company."""
        return (await self.keys(COMPANY_OF.format(viewer)))[0]

    async def cursor(self, root: Root, part: float) -> str:
        """Return the cursor of the row at this fraction of a table, in the connection's order."""
        table = CATALOGUE[root.entity].table
        columns = [table.c[name] for name in (*root.columns, "id")]
        async with self.engine.connect() as connection:
            size = await connection.scalar(sa.select(sa.func.count()).select_from(table))
            place = int((size or 0) * (1 - part if root.direction == "DESC" else part))
            row = (await connection.execute(sa.select(*columns).order_by(*columns).offset(place).limit(1))).one()
        sealed: list[str] = self.client.app.state.services.cursors.seal(root.scope, [(list(row[:-1]), row[-1])])
        return sealed[0]

    async def value(self, narrowed: Filter, value: str) -> str:
        """Return a filter value as a GraphQL literal."""
        if not value.startswith("("):
            return value
        key = (await self.keys(value))[0]
        return f'"{Identifier(narrowed.entity, key) if narrowed.entity else key}"'

    async def parents(self, entity: str) -> list[str]:
        """Return the IDs of the parents of a type."""
        return [str(Identifier(entity, key)) for key in sorted(await self.keys(PARENTS[entity]))]

    async def keys(self, query: str) -> list[Any]:
        """Return the first column of a SQL query."""
        async with self.engine.connect() as connection:
            return list((await connection.execute(sa.text(query))).scalars())


def _loads_viewer(statement: Statement) -> bool:
    return any(name in statement.sql for name in WHO) and " AS t" not in statement.sql


@asynccontextmanager
async def _market(postgres: Embedded, template: str, rows: int, data_dir: Path) -> AsyncIterator[Market]:
    name = await databases.create(postgres, template)
    engine = connect(postgres.url(name))
    await enlarge(engine, rows)
    await engine.dispose()
    async with open_client(postgres.url(name), data_dir) as client:
        yield Market(client)
    await databases.drop(postgres, name)


@pytest.fixture(scope="session")
async def large(postgres: Embedded, demo: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Market]:
    """100,000 ports and as many offers."""
    async with _market(postgres, demo, LARGE, tmp_path_factory.mktemp("large")) as market:
        yield market


@pytest.fixture(scope="session")
async def small(postgres: Embedded, demo: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Market]:
    """10,000 ports and as many offers."""
    async with _market(postgres, demo, SMALL, tmp_path_factory.mktemp("small")) as market:
        yield market
