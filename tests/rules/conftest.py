"""What tests of the rules stand on: one gateway over one database for all of them, which each test finds empty."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Base
from models.database import connect
from models.embedded import Embedded
from tests import databases
from tests.client import Client, open_client
from tests.expected_notifications import Announcer
from tests.factory import Factory

# No trigger and no foreign key has a say in the emptying of everything.
EMPTY = sa.text(
    "DO $$ BEGIN SET LOCAL session_replication_role = replica; "
    + " ".join(f"DELETE FROM {table.name};" for table in Base.metadata.sorted_tables)
    + " END $$"
)


@pytest.fixture(scope="session")
async def rules_url(postgres: Embedded, migrated: str) -> AsyncIterator[str]:
    """The database of all tests of the rules."""
    name = await databases.create(postgres, migrated)
    yield postgres.url(name)
    await databases.drop(postgres, name)


@pytest.fixture(scope="session")
async def rules_engine(rules_url: str) -> AsyncIterator[AsyncEngine]:
    """A pool of connections to that database."""
    engine = connect(rules_url)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def rules_gateway(rules_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """The gateway over that database."""
    async with open_client(rules_url, tmp_path_factory.mktemp("gateway")) as ask:
        yield ask


@pytest.fixture
async def given(rules_engine: AsyncEngine, rules_gateway: Client) -> Factory:
    """Makes rows in the database, which is empty when the test begins, and is not written to by what was asked before."""
    await rules_gateway.app.state.services.audit.flush()
    async with rules_engine.connect() as connection:
        await connection.execute(EMPTY)
    return Factory(rules_engine)


@pytest.fixture
async def ask(rules_gateway: Client, given: Factory) -> Client:  # noqa: ARG001 (it empties the database)
    """Asks the gateway; whoever had an address in another test is forgotten."""
    return Client(rules_gateway.app, rules_gateway.client)


@pytest.fixture
def telling(rules_engine: AsyncEngine, given: Factory) -> Announcer:  # noqa: ARG001 (it empties the database)
    """Tells people."""
    return Announcer(rules_engine)
