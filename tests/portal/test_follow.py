"""Subscriptions in GraphiQL: changes appear on the page without a reload, limited to what the viewer can see."""

from __future__ import annotations

import asyncio
import re
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from playwright.async_api import Browser, expect

import server
from models import Membership, Port, User
from models.database import connect
from settings import Settings
from tests.client import HIDDEN
from tests.portal.conftest import visiting
from tests.portal.visit import QUERY_IS_SHOWN, Visit
from tests.transport.gateway import running

EVENT = """() => globalThis.__MONACO?.editor.getModels().some(
  (model) => model.uri.path.endsWith("response.json") && model.getValue().includes("portUpdated")
)"""


async def test_page_shows_changes_the_viewer_can_see(demo_copy_url: str, chromium: Browser, tmp_path: Path) -> None:
    """A managed account's user follows its ports. A change appears with prices hidden, until another viewer is chosen."""
    settings = Settings(data_dir=tmp_path, database_url=demo_copy_url, development=True, log_level="ERROR", shutdown_timeout=5)
    with running(server.build(settings), settings) as url:
        async with visiting(chromium, url) as visit:
            await visit.sign_in(HIDDEN)
            await visit.page.get_by_role("tab", name="PortUpdates").click()
            await visit.page.wait_for_function(QUERY_IS_SHOWN, arg="subscription PortUpdates ")
            await visit.follow()
            event = await changed(demo_copy_url, visit)
            await expect(visit.hidden_values).to_have_text(
                re.compile("1 value hidden: monthlyRate — .* \\(HIDDEN_BY_PARTNER\\)")
            )
            await visit.sign_in("network@direct.example")
            await expect(visit.page.get_by_role("button", name="Execute query")).to_be_visible()

            assert await visit.no_answer()

    redaction = {"path": ["portUpdated", "monthlyRate"], "reason": "HIDDEN_BY_PARTNER"}
    port = event["data"]["portUpdated"]
    assert ("Change", None) == (port["name"].split()[0], port["monthlyRate"])
    assert [redaction] == event["extensions"]["redactions"]


async def test_example_of_a_mutation_says_that_the_order_waits_V13(
    demo_copy_url: str, chromium: Browser, tmp_path: Path
) -> None:
    """The account's order waits for its partner. The tab works with the sample market as it is."""
    settings = Settings(data_dir=tmp_path, database_url=demo_copy_url, development=True, log_level="ERROR", shutdown_timeout=5)
    with running(server.build(settings), settings) as url:
        async with visiting(chromium, url) as visit:
            await visit.sign_in(HIDDEN)
            await visit.page.get_by_role("tab", name="OrderAPort").click()
            await visit.page.wait_for_function(QUERY_IS_SHOWN, arg="mutation OrderAPort ")
            answer = (await visit.run_query())["data"]["orderPort"]

    assert (None, [], "PENDING", "PARTNER") == (
        answer["port"],
        answer["userErrors"],
        answer["orderApproval"]["status"],
        answer["orderApproval"]["waitsFor"]["side"],
    )


async def changed(database_url: str, visit: Visit) -> dict[str, Any]:
    """Rename a port until the page shows an event, since nothing signals that a subscription is active."""
    engine, owner = connect(database_url), sa.select(Membership.company_id).join(User, User.id == Membership.user_id)
    port = sa.select(Port.id).where(Port.company_id == owner.where(User.email == HIDDEN).scalar_subquery()).limit(1)
    try:
        async with asyncio.timeout(30), engine.connect() as connection:
            key = await connection.scalar(port)
            for number in count(1):
                await connection.execute(sa.update(Port).where(Port.id == key).values(name=f"Change {number}"))
                await asyncio.sleep(0.5)
                if await visit.page.evaluate(EVENT):
                    break
    finally:
        await engine.dispose()
    return await visit.answer()
