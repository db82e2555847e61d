"""Fixtures of the rules' tests: they share one gateway and one database, which is empty when a test starts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from models.database import connect
from models.embedded import Embedded
from tests import databases
from tests.client import Client, open_client
from tests.expected_notifications import Announcer
from tests.factory import Factory


@pytest.fixture(scope="session")
async def rules_url(postgres: Embedded, migrated: str) -> AsyncIterator[str]:
    """The URL of the database that all tests of the rules share."""
    async with databases.copied(postgres, migrated) as url:
        yield url


@pytest.fixture(scope="session")
async def rules_engine(rules_url: str) -> AsyncIterator[AsyncEngine]:
    """A connection pool for that database."""
    engine = connect(rules_url)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def rules_gateway(rules_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """The gateway over that database."""
    async with open_client(rules_url, tmp_path_factory.mktemp("gateway")) as client:
        yield client


@pytest.fixture
async def factory(rules_engine: AsyncEngine, rules_gateway: Client) -> Factory:
    """A factory for rows in the database, which is empty at first. Pending audit events of earlier tests are written before."""
    await rules_gateway.app.state.services.audit.flush()
    async with rules_engine.connect() as connection:
        await connection.execute(databases.EMPTY)
    return Factory(rules_engine)


@pytest.fixture
async def client(rules_gateway: Client, factory: Factory) -> Client:  # noqa: ARG001 (it empties the database)
    """A client of the gateway, with no tokens of other tests' users."""
    return Client(rules_gateway.app, rules_gateway.http)


@pytest.fixture
def announcer(rules_engine: AsyncEngine, factory: Factory) -> Announcer:  # noqa: ARG001 (it empties the database)
    """Announces maintenance and security events."""
    return Announcer(rules_engine)
