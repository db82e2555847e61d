"""Plans: the statements that they run, how they are cached, and what happens when they fail."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from resolvers.execution import object_builders
from resolvers.execution.lookups import RowLookup
from resolvers.execution.plans import PlanRunner
from schema.extensions.planned_execution import Planning
from tests.client import ANONYMOUS, DIRECT, HIDDEN, OPERATOR, PARTNER, SHOWN, Client, open_client

PORTS = """query ($first: Int!, $rates: Boolean! = false) {
  ports(first: $first) { nodes { name location { name } company { tradingName } monthlyRate @include(if: $rates) { amount } } }
}"""
ACCOUNTS = """{ viewer { company { managedAccounts(first: 20) { nodes {
  company { ports(first: 5) { nodes { name location { metro } } } offers(first: 5) { nodes { name buyers { tradingName } } } }
} } } } }"""


@pytest.fixture
async def client(demo_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    """The gateway over the sample market, with no plan built yet."""
    async with open_client(demo_url, tmp_path) as client:
        yield client


@contextmanager
def planning(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Collects the plans as they are built."""
    made: list[Any] = []
    original = PlanRunner._build

    def noted(self: PlanRunner, *arguments: Any) -> Any:
        made.append(original(self, *arguments))
        return made[-1]

    monkeypatch.setattr(PlanRunner, "_build", noted)
    yield made


async def executed(client: Client, viewer: str | None, query: str, **variables: Any) -> str:
    """Return what ran a query."""
    return (await client(viewer, query, **variables)).execution


async def test_each_relation_is_one_statement(client: Client) -> None:
    """Viewer, company, accounts, their companies, then ports and offers of all of them, and all buyers: seven statements."""
    with client.counting() as statements:
        answer = await client(PARTNER, ACCOUNTS)

    assert [] == answer.errors
    assert 7 == len(statements)


async def test_what_a_visible_parent_implies_is_not_looked_up_again(client: Client) -> None:
    """Ports and offers of a partner's accounts are found by their partner alone, though policy has other reasons to show them."""
    with client.counting() as statements:
        await client(PARTNER, ACCOUNTS)
    below = [each for each in statements if "FROM port AS t" in each or "FROM offer AS t" in each]

    assert 2 == len(below)
    assert [1, 1] == [each.count("viewer_company_id") + each.count("t.partner_id = ") for each in below]
    assert [] == [each for each in below if "EXISTS" in each or "offer_buyer" in each or "UNION" in each]


async def test_page_with_its_companies_and_locations_is_one_statement(client: Client) -> None:
    """The rows that a port references are joined, because a viewer who reads the port can see both."""
    with client.counting() as statements:
        await client(PARTNER, PORTS, first=10)

    _viewer, page = statements
    assert {"port", "location", "company"} <= set(re.findall(r"(?:FROM|JOIN) (\w+) AS", page))


async def test_only_selected_columns_are_read(client: Client) -> None:
    """A column that isn't selected, and that no mask needs, is in no statement."""
    with client.counting() as statements:
        await client(PARTNER, PORTS, first=10)
    named = set(re.findall(r"AS (\w+)", statements[1]))

    assert "name" in named
    assert {"monthly_rate", "setup_fee", "cost_centre", "demarcation", "status"}.isdisjoint(named)


async def test_field_that_is_never_visible_is_not_read(client: Client) -> None:
    """Prices that a partner hides never leave the database. R107"""
    with client.counting() as statements:
        answer = await client(HIDDEN, PORTS, first=10, rates=True)

    assert ["ports", "nodes", "*", "monthlyRate"] == answer.redactions[0].path
    assert "monthly_rate" not in statements[1]


@pytest.mark.one_process
async def test_plan_serves_all_viewers_of_a_shape(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one plan for an operation, a shape and a combination of conditions, whatever the other variables are."""
    with planning(monkeypatch) as made:
        for viewer in (PARTNER, HIDDEN, SHOWN, PARTNER, HIDDEN, SHOWN):
            for first in (1, 2):
                assert "planned" == await executed(client, viewer, PORTS, first=first)
        assert 3 == len(made)
        await client(PARTNER, PORTS, first=1, rates=True)
        assert 4 == len(made)


async def test_viewers_of_one_plan_see_only_their_own_rows(client: Client) -> None:
    """Viewers can share a plan, but none sees what only another can see. V14"""
    pages = {
        viewer: (await client(viewer, PORTS, first=1000)).body
        for viewer in (PARTNER, HIDDEN, SHOWN, DIRECT, OPERATOR, ANONYMOUS)
    }
    again = await asyncio.gather(*(client(viewer, PORTS, first=1000) for viewer in pages for _ in range(3)))

    assert len(pages) == len(set(pages.values()))
    assert [pages[viewer] for viewer in pages for _ in range(3)] == [answer.body for answer in again]


async def test_plans_are_bounded(monkeypatch: pytest.MonkeyPatch, demo_url: str, tmp_path: Path) -> None:
    """An evicted plan is built again; a document larger than its share isn't cached."""
    monkeypatch.setattr("server.Planning", lambda **more: Planning(kept=12_000, **more))
    async with open_client(demo_url, tmp_path) as client:
        with planning(monkeypatch) as made:
            for number in range(40):
                await client(None, f"{{ a{number}: __typename }}")
            assert 40 == len(made)
            await client(None, "{ a39: __typename }")
            assert 40 == len(made)
            await client(None, "{ a0: __typename }")
            assert 41 == len(made)
            for _ in range(2):
                await client(None, "{ __typename }" + " " * 2000)
            assert 43 == len(made)


async def test_failed_plan_does_not_fail_the_request(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """graphql-core answers instead, and the log reports that the plan failed."""
    expected = await client(PARTNER, ACCOUNTS)

    async def broken(*_: Any) -> Any:
        raise KeyError("secret")

    monkeypatch.setattr(RowLookup, "read", broken)
    answer = await client(PARTNER, ACCOUNTS)

    assert expected.body == answer.body
    assert "graphql-core; the plan failed" == answer.execution
    assert "plan.failed" in caplog.text


async def test_redactions_are_reported_once_after_a_failed_plan(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redactions are those of the executor that answered."""
    query = "{ ports(first: 3) { nodes { monthlyRate { amount } company { marketplaceProfile { slug } } } } }"
    expected = await client(HIDDEN, query)

    async def broken(*_: Any) -> Any:
        raise KeyError

    monkeypatch.setattr("resolvers.execution.lookups.PageLookup.read", broken)
    answer = await client(HIDDEN, query)

    assert expected.body == answer.body
    assert answer.redactions


@pytest.mark.one_process
async def test_request_takes_few_connections_at_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many lists an operation selects, only a few of its statements run at a time, and others find connections."""
    reader, running, max_running = client.app.state.services.reader, 0, 0
    original = type(reader).run

    async def counted(self: Any, *arguments: Any) -> Any:
        nonlocal running, max_running
        running, max_running = running + 1, max(max_running, running + 1)
        try:
            return await original(self, *arguments)
        finally:
            running -= 1

    monkeypatch.setattr(type(reader), "run", counted)
    lists = " ".join(f"l{n}: ports(first: 5, after: null) {{ totalCount nodes {{ name }} }}" for n in range(12))
    answer = await replace(client, compares=False)(PARTNER, f"{{ {lists} }}")

    assert "planned" == answer.execution
    assert object_builders.MAX_CONCURRENT_STATEMENTS == max_running


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("{ __schema { queryType { name } } }", "introspection"),
        ('{ viewer { company { ports(first: 1, after: "x") { nodes { id } } } } }', "INVALID_CURSOR"),
        ("query ($first: Int!) { ports(first: $first) { nodes { id } } }", "variables of wrong types"),
    ],
)
async def test_reason_for_no_plan_is_reported(client: Client, query: str, reason: str) -> None:
    """A header says why the operation was left to graphql-core, without values."""
    answer = await client(HIDDEN, query, first="three")

    assert f"graphql-core; {reason}" == answer.execution
