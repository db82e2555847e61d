"""What tests of the rules are given: rows of the test's own."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.given import Given


@pytest.fixture
def given(engine: AsyncEngine) -> Given:
    """Makes rows in the test's own database, the one that `ask` asks."""
    return Given(engine)
