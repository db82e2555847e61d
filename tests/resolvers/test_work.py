"""Units of work lock what their viewer may change, and nothing else."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Company, Port
from resolvers.work import transaction
from tests.asking import Asking
from tests.given import Given
from tests.rules.changing import refused, send


@pytest.fixture
def given(engine: AsyncEngine) -> Given:
    """Makes rows in the database of the test."""
    return Given(engine)


async def test_who_may_not_change_a_row_does_not_wait_for_who_may_A21(ask: Asking, given: Given, engine: AsyncEngine) -> None:
    """Neither who reads it only nor who may not know of it: how long an answer takes tells nobody that the row is being changed."""
    company, stranger = await given.company(), await given.company()
    viewer = await given.user(company, "VIEWER")
    port = await given.port(company)
    await given.profile(company)

    async with transaction(engine) as session, asyncio.timeout(5):
        await session.execute(sa.select(Port).where(Port.id == port.key).with_for_update())
        await session.execute(sa.select(Company).where(Company.id == company.key).with_for_update())
        hidden = await send(ask, stranger.admin, "updatePort", "port { id }", id=port.id, version=1)
        read = await send(ask, viewer.email, "updatePort", "port { id }", id=port.id, version=1)
        public = await send(ask, stranger.admin, "updateCompanyProfile", "company { id }", companyId=company.id, version=1)

    assert {"port": None, "userErrors": [refused("NOT_FOUND", "id")]} == hidden
    assert {"port": None, "userErrors": [refused("FORBIDDEN", "id")]} == read
    assert {"company": None, "userErrors": [refused("FORBIDDEN", "companyId")]} == public


async def test_who_may_change_a_row_waits_for_who_does(ask: Asking, given: Given, engine: AsyncEngine) -> None:
    """What it then finds is what the other one has left."""
    company = await given.company()
    port = await given.port(company)

    async with transaction(engine) as session:
        await session.execute(sa.update(Port).where(Port.id == port.key).values(version=2))
        waits = asyncio.create_task(send(ask, company.admin, "updatePort", "port { id }", id=port.id, version=1))
        done, _ = await asyncio.wait([waits], timeout=0.5)

    assert set() == done
    assert {"port": None, "userErrors": [refused("CONFLICT", "version")]} == await waits
