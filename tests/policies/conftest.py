"""Fixtures of the policy tests: a database for rows that are queried but never stored."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[AsyncConnection]:
    """Open a connection with its own temporary tables."""
    engine = create_async_engine(database_url, poolclass=NullPool)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()
