"""Loaders: nothing that one request reads reaches another, and concurrent requests finish with few connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

import server
from policies.viewer import ANONYMOUS as VISITOR
from policies.viewer import Viewer
from resolvers.context import Context, Services
from resolvers.reading.records import Record
from resolvers.reading.viewers import find_member, load_viewer
from settings import Settings
from tests.client import DEMO_VIEWERS, HIDDEN, OPERATOR, PARTNER, SHOWN, Client

TIMEOUT: Final = 60  # seconds; a deadlock would never end
NESTED: Final = """
{
  viewer { user { email } company { tradingName partner { tradingName } members { nodes { user { email } } totalCount } } }
  ports(first: 20) {
    totalCount
    nodes { name monthlyRate { amount } company { tradingName accountKind } location { name } connections { totalCount } }
  }
  offers(first: 20) {
    totalCount
    nodes { name totalValue { amount } buyers { tradingName } product { title } dimensions { price { amount } } }
  }
  marketplaceProfiles(first: 20) { totalCount nodes { contactEmail ports(first: 2) { nodes { name } } } }
  companies(first: 20) { nodes { supportDetails { phone } billingMarkets { market } managedAccounts { totalCount } } }
}
"""


async def viewer_of(services: Services, email: str) -> Viewer:
    """Return the viewer with an email address."""
    member = await find_member(services.engine, email)
    assert member is not None
    viewer = await load_viewer(services.reader, member.user_id, member.membership_id)
    assert viewer is not None
    return viewer


@pytest.fixture
def services(demo_client: Client) -> Services:
    """What all requests share."""
    found: Services = demo_client.app.state.services
    return found


async def test_concurrent_viewers_get_their_own_masks(services: Services) -> None:
    """A row that two viewers load at the same time with the same services is masked for each as it would be alone."""
    keys = [(await viewer_of(services, email)).company_id for email in (HIDDEN, SHOWN)]

    async def rows(viewer: Viewer) -> list[tuple[bool, list[str]]]:
        context = Context(services, viewer)
        loaded = [await context.loaders.rows("Company", [key]) for key in keys]
        return [(row is not None, sorted(row.hidden) if row else []) for (row,) in loaded]

    viewers = [VISITOR, *[await viewer_of(services, email) for email in (PARTNER, HIDDEN, SHOWN, OPERATOR)]]
    alone = [await rows(viewer) for viewer in viewers]
    together = await asyncio.gather(*(rows(viewer) for viewer in viewers * 5))

    assert alone * 5 == together
    assert 5 == len({str(each) for each in alone})  # each of them sees different values


@pytest.mark.executors
async def test_request_reads_a_row_once_and_the_next_reads_it_again(services: Services, demo_client: Client) -> None:
    """A request caches what it loads, and no other request uses that cache."""
    viewer = await viewer_of(services, PARTNER)
    contexts = [Context(services, viewer) for _ in range(2)]
    counts = []
    for context in contexts:
        with demo_client.counting() as made:
            first = await context.loaders.rows("Company", [viewer.company_id] * 3)
            again = await context.loaders.rows("Company", [viewer.company_id])
        counts.append((len(made), {id(row) for row in first + again}))

    assert [(1, 1), (1, 1)] == [(statements, len(rows)) for statements, rows in counts]
    assert set() == counts[0][1] & counts[1][1] - {id(None)}


@pytest.mark.executors
async def test_keys_of_a_level_are_one_statement(services: Services, demo_client: Client) -> None:
    """Concurrent loads are one statement. A key of None loads nothing and returns None."""
    viewer = await viewer_of(services, OPERATOR)
    page = await demo_client(OPERATOR, "{ companies(first: 5) { nodes { id } } }")
    assert 5 == len(page.data["companies"]["nodes"])
    context = Context(services, viewer)
    with demo_client.counting() as made:
        found: list[list[Record | None]] = await asyncio.gather(
            *(context.loaders.rows("Company", [key, None]) for key in (viewer.company_id, viewer.user_id, viewer.company_id))
        )

    assert [(True, True), (False, True), (True, True)] == [(row is not None, none is None) for row, none in found]
    assert 1 == len(made)


@pytest.mark.executors
async def test_type_without_readable_rows_costs_no_statement(services: Services, demo_client: Client) -> None:
    """If the viewer's shape can read no row of a type, no statement runs."""
    context = Context(services, VISITOR)
    key = (await viewer_of(services, PARTNER)).company_id
    with demo_client.counting() as made:
        found = await context.loaders.rows("ManagedAccount", [key], by="partner_id")

    assert ([None], []) == (found, made)


@pytest.fixture
async def narrow(demo_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    """The gateway with a single connection to its database."""
    app = server.build(Settings(data_dir=tmp_path, database_url=demo_url, log_level="ERROR", pool_size=1))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        yield Client(app, client)
    await app.state.services.close()


async def test_many_requests_share_one_connection(narrow: Client, demo_client: Client) -> None:
    """Concurrent requests of all viewers, each with many loads, wait for the one connection without deadlock."""
    expected = [(await demo_client(viewer, NESTED)).body for viewer in DEMO_VIEWERS]

    async with asyncio.timeout(TIMEOUT):
        answers = await asyncio.gather(*(narrow(viewer, NESTED) for viewer in DEMO_VIEWERS * 4))

    assert expected * 4 == [answer.body for answer in answers]


async def test_answer_does_not_depend_on_other_requests(demo_client: Client) -> None:
    """Interleaved requests get the same bytes as requests one after the other."""
    documents = [NESTED, NESTED.replace("20", "7"), "{ ports(last: 3) { nodes { id monthlyRate { amount } } } }"]
    requests: list[tuple[Any, str]] = [(viewer, document) for document in documents for viewer in DEMO_VIEWERS]
    expected = [(await demo_client(viewer, document)).body for viewer, document in requests]

    answers = await asyncio.gather(*(demo_client(viewer, document) for viewer, document in requests))

    assert expected == [answer.body for answer in answers]
