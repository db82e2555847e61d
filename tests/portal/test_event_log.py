"""The log of a subscription's events in GraphiQL, which shows only the last event as the answer."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any, Final
from uuid import UUID

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser, Locator, WebSocketRoute, expect
from sqlalchemy.ext.asyncio import AsyncConnection

from models import Membership, Port, User
from models.database import connect
from models.embedded import Embedded
from tests import databases
from tests.client import DIRECT, HIDDEN
from tests.portal.conftest import visiting
from tests.portal.test_graphiql import AUDIT, AXE, each_scheme
from tests.portal.visit import QUERY_IS_SHOWN, Visit
from tests.served import served

SUBSCRIPTION: Final = "subscription { portUpdated { name monthlyRate { amount } } }"
LIMIT: Final = 200  # as in event-log.ts


@pytest.fixture(scope="module")
async def own_market(postgres: Embedded, demo: str) -> AsyncIterator[str]:
    """The URL of a sample market whose ports can be renamed."""
    async with databases.copied(postgres, demo) as url:
        yield url


@pytest.fixture(scope="module")
def url(own_market: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway in development."""
    with served(own_market, tmp_path_factory.mktemp("events"), development=True) as url:
        yield url


@pytest.fixture
async def visitor(chromium: Browser, url: str) -> AsyncIterator[Visit]:
    """A window of a managed account's user."""
    async with visiting(chromium, url) as visit:
        await visit.sign_in(HIDDEN)
        yield visit


class Renamer:
    """Renames a port of the account from outside the page."""

    def __init__(self, connection: AsyncConnection, key: UUID) -> None:
        self.connection = connection
        self.key = key

    async def rename(self, name: str) -> None:
        await self.connection.execute(sa.update(Port).where(Port.id == self.key).values(name=name))

    async def rename_until(self, shown: Locator) -> None:
        """Rename the port until something is shown, since nothing signals that a subscription is active."""
        async with asyncio.timeout(60):
            for number in count(1):
                await self.rename(f"Try {number}")
                await asyncio.sleep(0.5)
                if await shown.count():
                    return


@pytest.fixture
async def renamer(own_market: str) -> AsyncIterator[Renamer]:
    engine, company = connect(own_market), sa.select(Membership.company_id).join(User, User.id == Membership.user_id)
    port = sa.select(Port.id).where(Port.company_id == company.where(User.email == HIDDEN).scalar_subquery()).limit(1)
    async with engine.connect() as connection:
        key = await connection.scalar(port)
        assert key
        yield Renamer(connection, key)
    await engine.dispose()


def log(visit: Visit) -> Locator:
    return visit.page.get_by_role("log", name="Event log")


def lines(visit: Visit) -> Locator:
    return log(visit).get_by_role("listitem").get_by_role("button")


async def follow(visit: Visit, renamer: Renamer) -> None:
    """Run the subscription, and wait for its first event."""
    await visit.write(SUBSCRIPTION)
    await visit.follow()
    await renamer.rename_until(lines(visit))


async def rename(visit: Visit, renamer: Renamer, name: str) -> None:
    """Rename the port, and wait for the event."""
    await renamer.rename(name)
    await expect(lines(visit).first).to_contain_text(f"portUpdated {name}")


async def test_events_are_listed_newest_first_with_time_number_and_name(visitor: Visit, renamer: Renamer) -> None:
    """Each event has one line. A chosen line shows the whole event below it, and hides it when it's chosen again."""
    await expect(log(visitor)).to_have_count(0)
    await follow(visitor, renamer)
    await rename(visitor, renamer, "Second")
    await rename(visitor, renamer, "Third")

    texts = await lines(visitor).all_inner_texts()
    found = [re.match(r"\d+:\d\d:\d\d(?: [AP]M)?\s+(\d+)\s+portUpdated (\w+)", text.replace("\u202f", " ")) for text in texts]
    numbers, names = zip(*(each.groups() for each in found if each), strict=True)
    assert [str(number) for number in range(len(texts), 0, -1)] == list(numbers)
    assert ("Third", "Second", "Try") == names[:3]

    await lines(visitor).nth(1).press("Enter")
    await expect(lines(visitor).nth(1)).to_have_attribute("aria-expanded", "true")
    event: dict[str, Any] = json.loads(await log(visitor).locator("pre").inner_text())
    assert {"portUpdated": {"name": "Second", "monthlyRate": None}} == event["data"]
    assert ["HIDDEN_BY_PARTNER"] == [each["reason"] for each in event["extensions"]["redactions"]]
    await lines(visitor).nth(1).press("Enter")
    await expect(log(visitor).locator("pre")).to_have_count(0)


async def test_changed_object_is_named_by_its_id(visitor: Visit, renamer: Renamer) -> None:
    """If the operation selects it, since a name can be another port's too."""
    await visitor.write("subscription { renamed: portUpdated { name id } }")
    await visitor.follow()
    await renamer.rename_until(lines(visitor))

    shown = (await visitor.answer())["data"]["renamed"]["id"]
    await expect(lines(visitor).first).to_contain_text(f"renamed {shown}")


async def test_cleared_log_counts_on(visitor: Visit, renamer: Renamer) -> None:
    """The subscription goes on after the log is cleared, and its next event has the next number."""
    await follow(visitor, renamer)
    await rename(visitor, renamer, "Before")
    before = await lines(visitor).count()
    await visitor.page.get_by_role("button", name="Clear").click()
    await expect(log(visitor)).to_have_text("No events.")
    await rename(visitor, renamer, "After")

    await expect(lines(visitor)).to_have_count(1)
    await expect(lines(visitor).first).to_contain_text(re.compile(rf"\b{before + 1}\s+portUpdated After"))


async def test_log_stays_in_its_tab_until_another_operation_is_run(visitor: Visit, renamer: Renamer) -> None:
    """Another tab doesn't show it. The subscription ends with its tab, but its events stay."""
    await follow(visitor, renamer)
    await visitor.open_tab("WhoAmI")
    await expect(log(visitor)).to_have_count(0)
    await visitor.page.get_by_role("tab").first.click()
    await expect(lines(visitor).first).to_be_visible()

    await visitor.open_tab("WhoAmI")
    await visitor.run_query()
    await visitor.page.get_by_role("tab").first.click()
    await visitor.page.wait_for_function(QUERY_IS_SHOWN, arg=SUBSCRIPTION)
    await expect(log(visitor)).to_have_count(0)


async def test_log_of_another_viewer_disappears(visitor: Visit, renamer: Renamer) -> None:
    """Events belong to the viewer that they were sent to, as answers do."""
    await follow(visitor, renamer)
    await visitor.sign_in(DIRECT)

    await expect(log(visitor)).to_have_count(0)


async def test_log_keeps_the_last_events_and_counts_the_others(visitor: Visit, renamer: Renamer) -> None:
    """Older events make room, so that a page which is left open doesn't grow."""
    await visitor.page.route_web_socket("**/graphql", repeat_first_event)
    await follow(visitor, renamer)

    await expect(lines(visitor)).to_have_count(LIMIT)
    await expect(visitor.page.get_by_text("5 older events were dropped.")).to_be_visible()
    assert [f"{LIMIT + 5}", "6"] == [(await lines(visitor).nth(at).locator("span").first.inner_text()) for at in (0, LIMIT - 1)]
    await visitor.page.get_by_role("button", name="Clear").click()
    await expect(visitor.page.get_by_text("dropped")).to_have_count(0)


def repeat_first_event(socket: WebSocketRoute) -> None:
    """Pass messages on, but send the first event five times more often than the log has lines, and no later one."""
    gateway, seen = socket.connect_to_server(), list[str | bytes]()

    def pass_on(message: str | bytes) -> None:
        is_event = json.loads(message)["type"] == "next"
        for _ in range((0 if seen else LIMIT + 5) if is_event else 1):
            socket.send(message)
        seen.extend([message] if is_event else [])

    gateway.on_message(pass_on)


async def test_log_is_accessible_and_fits_a_telephone(visitor: Visit, renamer: Renamer) -> None:
    """The audit finds nothing serious in the log with an open event. New lines are announced politely, the opened event isn't."""
    page = visitor.page
    await page.set_viewport_size({"width": 320, "height": 640})
    await follow(visitor, renamer)
    await lines(visitor).first.press("Enter")
    await expect(log(visitor).locator("pre")).to_have_attribute("aria-live", "off")
    await page.evaluate(AXE.read_text("utf-8"))

    async for scheme in each_scheme(page):
        assert (scheme, []) == (scheme, await page.evaluate(AUDIT))
        await expect(lines(visitor).first).to_be_in_viewport(ratio=1)
        await expect(page.get_by_role("button", name="Clear")).to_be_in_viewport(ratio=1)
        assert 320 == await page.evaluate("document.documentElement.scrollWidth")
