"""What tests stand on: one embedded PostgreSQL for the run, and databases in it that are copied from templates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from commands.demo.market import load, make
from models.database import connect, upgrade
from models.embedded import Embedded
from tests import databases

SEED = 1


@pytest.fixture(scope="session")
def postgres() -> Iterator[Embedded]:
    """The server, running."""
    with databases.server() as server:
        yield server


@pytest.fixture(scope="session")
async def migrated(postgres: Embedded) -> AsyncIterator[str]:
    """The name of a template: migrated and empty."""
    await databases.sweep(postgres)
    name = await databases.create(postgres)
    engine = connect(postgres.url(name))
    await upgrade(engine)
    await engine.dispose()
    yield name
    await databases.drop(postgres, name)


@pytest.fixture(scope="session")
async def demo(postgres: Embedded, migrated: str) -> AsyncIterator[str]:
    """The name of a template: the small sample market."""
    name = await databases.create(postgres, migrated)
    engine = connect(postgres.url(name))
    await load(engine, make("small", SEED, lambda *_: None), lambda *_: None)
    await engine.dispose()
    yield name
    await databases.drop(postgres, name)


@pytest.fixture
async def database_url(postgres: Embedded, migrated: str) -> AsyncIterator[str]:
    """A database of the test's own, migrated and empty."""
    name = await databases.create(postgres, migrated)
    yield postgres.url(name)
    await databases.drop(postgres, name)


@pytest.fixture(scope="session")
async def demo_url(postgres: Embedded, demo: str) -> AsyncIterator[str]:
    """The small sample market, for all tests that only read."""
    name = await databases.create(postgres, demo)
    yield postgres.url(name)
    await databases.drop(postgres, name)


@pytest.fixture
async def demo_copy_url(postgres: Embedded, demo: str) -> AsyncIterator[str]:
    """The small sample market, for a test that writes."""
    name = await databases.create(postgres, demo)
    yield postgres.url(name)
    await databases.drop(postgres, name)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """A pool of connections to a database of the test's own, migrated and empty."""
    engine = connect(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def demo_engine(demo_url: str) -> AsyncIterator[AsyncEngine]:
    """A pool of connections to the small sample market, for tests that only read."""
    engine = connect(demo_url)
    yield engine
    await engine.dispose()
