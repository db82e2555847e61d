"""Fixtures of execution tests: two gateways over one database, and two executors of a test schema."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.execution.both_executors import Both, both_schemas
from tests.execution.executors import Sides, both_sides


@pytest.fixture(scope="session")
async def sides(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sides]:
    """Both sides over the small sample market."""
    async with both_sides(demo_url, tmp_path_factory.mktemp("sides")) as sides:
        yield sides


@pytest.fixture(scope="session")
async def both() -> AsyncIterator[Both]:
    """Both executors over the schema of these tests."""
    async with both_schemas() as both:
        yield both
