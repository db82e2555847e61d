"""A browser that is looking at the gateway's page, and that tells when the page did what no page of ours may do."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests import browser
from tests.conftest import Gateway
from tests.portal.visit import Visit

PATIENCE = 60_000  # milliseconds: a busy machine is slow, not wrong
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with browser.browser() as running:
        yield running


@pytest.fixture
async def visit(chromium: Browser, gateway: Gateway) -> AsyncIterator[Visit]:
    """A newcomer's window with the page loaded. Whatever a test does there, the page may neither complain nor ask elsewhere."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    visit = Visit(await context.new_page(), gateway.url)
    await visit.load()
    yield visit
    await context.close()

    assert visit.complaints == []
    assert visit.origins <= {gateway.url}
