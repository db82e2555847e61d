"""A hub takes the changes that wait together."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.plans import recording
from resolvers.events import hub
from tests.client import Client
from tests.factory import Factory

PORTS = hub.MAX_CHANGES_PER_SNAPSHOT - 1
SUBSCRIPTION = "subscription { portUpdated { name } }"
RENAME = sa.text("UPDATE port SET name = 'renamed ' || name")
COMPARES_FACTS = "sha256"
FEW = 4  # statements: notifications of one transaction can arrive in several pieces


@pytest.fixture
def factory(engine: AsyncEngine) -> Factory:
    """Creates rows in the test's database."""
    return Factory(engine)


@pytest.mark.one_process
@pytest.mark.parametrize(("fresh", "compared"), [(60.0, range(1, FEW)), (0.0, range(PORTS, PORTS + 1))])
async def test_facts_are_compared_once_for_all_changes_that_wait(
    client: Client, factory: Factory, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, fresh: float, compared: range
) -> None:
    """All ports change in one transaction. Each member gets each change. A snapshot that isn't fresh is left after one change."""
    monkeypatch.setattr(hub, "MAX_SNAPSHOT_AGE", fresh)
    company = await factory.company()
    member = await factory.user(company, "NETWORK_ADMIN")
    ports = [await factory.port(company) for _ in range(PORTS)]
    reader = client.app.state.services.reader

    async with client.following(company.admin, SUBSCRIPTION) as first, client.following(member.email, SUBSCRIPTION) as second:
        await factory.change(ports[0], name="first")  # the viewers are loaded for the first change
        assert ["first", "first"] == [(await each.event())["data"]["portUpdated"]["name"] for each in (first, second)]
        with recording(reader) as statements:
            async with engine.begin() as connection:
                await connection.execute(RENAME)
            names = [{(await each.event())["data"]["portUpdated"]["name"] for _ in ports} for each in (first, second)]

    assert [PORTS, PORTS] == [len(each) for each in names]
    assert sum(COMPARES_FACTS in each.sql for each in statements) in compared
