"""`GET /leads.csv`: the leads that the viewer reads, as CSV, at any size."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Final

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Lead
from models.base import now
from resolvers.context import Context
from resolvers.endpoints.lead_export import HEADER, PAGE_SIZE, export_leads
from resolvers.reading.viewers import find_viewer
from tests.client import ANONYMOUS, Client
from tests.factory import Company, Factory
from tests.memory import measured_memory
from tests.rules.test_lead import leads, public_product

FORMULAS: Final = ("=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\uff1d1")


async def export(client: Client, viewer: str | None) -> httpx.Response:
    """Download the leads as a user."""
    headers = {} if viewer is None else {"Authorization": f"Bearer {await client._token(viewer)}"}
    return await client.http.get("/leads.csv", headers=headers)


async def rows(client: Client, viewer: str | None) -> list[list[str]]:
    """Return the cells of the export, without the header."""
    answer = await export(client, viewer)
    assert (200, "text/csv; charset=utf-8") == (answer.status_code, answer.headers["Content-Type"])
    head, *found = csv.reader(StringIO(answer.content.decode(), newline=""))
    assert list(HEADER) == head
    return found


async def store(engine: AsyncEngine, company: Company, count: int) -> None:
    """Store many leads of inquiries."""
    facts = {"company_id": company.key, "source": "PROFILE_INQUIRY", "created_at": now(), "updated_at": now()}
    async with engine.connect() as connection:
        await connection.execute(sa.insert(Lead), [{**facts, "message": f"Message {number}"} for number in range(count)])


async def test_export_has_the_leads_that_the_viewer_reads_V17_V40(client: Client, factory: Factory) -> None:
    """Quotes, line breaks and all scripts survive. Companies that the viewer can't see are empty."""
    seller, buyer, stranger = await factory.company(), await factory.company(), await factory.company()
    product = await public_product(factory, seller)
    text = 'He said: "one, two;\nthree" שלום'
    lead = await factory.lead(seller, product, buyer, message=text, contact_name="Ünal, Sam")

    (own,) = await rows(client, seller.admin)
    shown = dict(zip(HEADER, own, strict=True))

    assert {"id": lead.id, "company": seller.name, "requester": "", "buyerAccountId": buyer.id, "message": text} == {
        name: shown[name] for name in ("id", "company", "requester", "buyerAccountId", "message")
    }
    assert ("Ünal, Sam", "NEW", "OFFER_REQUEST") == (shown["contactName"], shown["status"], shown["source"])
    assert [] == await rows(client, stranger.admin)
    assert [] == await rows(client, (await factory.user(seller, "FINANCE")).email)


@pytest.mark.parametrize("text", FORMULAS)
async def test_no_cell_is_a_formula_V40(client: Client, factory: Factory, text: str) -> None:
    """It begins with an apostrophe."""
    seller, buyer = await factory.company(), await factory.company()
    await factory.lead(seller, await public_product(factory, seller), buyer, message=text, contact_name="Sam - Sample")

    (cells,) = await rows(client, seller.admin)

    assert f"'{text}" in cells
    assert "Sam - Sample" in cells


async def test_visitor_gets_no_export_V40(client: Client, factory: Factory) -> None:  # noqa: ARG001 (it empties the database)
    """Signing in is required."""
    answer = await export(client, ANONYMOUS)

    assert (401, "UNAUTHENTICATED") == (answer.status_code, answer.json()["errors"][0]["extensions"]["code"])


async def test_export_of_many_pages_is_complete_and_in_order_V17(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """It has every lead once, in the order of the list."""
    company = await factory.company()
    await store(rules_engine, company, 3 * PAGE_SIZE + 1)

    found = await rows(client, company.admin)

    first = [lead["id"] for lead in await leads(client, company.admin)]
    assert 3 * PAGE_SIZE + 1 == len({cells[0] for cells in found})
    assert first == [cells[0] for cells in found[: len(first)]]


async def test_memory_of_an_export_is_bounded_V17(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Ten times as many leads need far less than ten times the memory: what was sent is forgotten."""
    peaks = []
    for count in (2 * PAGE_SIZE, 20 * PAGE_SIZE):
        company = await factory.company()
        await store(rules_engine, company, count)
        viewer = await find_viewer(client.app.state.services.reader, company.user.key, company.key)
        assert viewer is not None
        with measured_memory() as memory:
            sent = [len(part) async for part in export_leads(Context(client.app.state.services, viewer))]
        peaks.append(memory.peak)
        assert 1 + count // PAGE_SIZE == len(sent)

    assert peaks[1] < 3 * peaks[0]
