"""A browser on the gateway's page. It fails a test if the page logs an error or contacts another origin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, expect

from tests import browser
from tests.conftest import Gateway
from tests.portal.visit import Visit

AS_VISITOR = "sessionStorage.setItem('crossgate.viewer', '')"
PATIENCE = 60_000  # milliseconds, enough for a busy machine
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with browser.browser() as running:
        yield running


@pytest.fixture
async def visit(chromium: Browser, gateway: Gateway) -> AsyncIterator[Visit]:
    """A new browser window with the page loaded."""
    async with visiting(chromium, gateway.url) as visit:
        yield visit


@asynccontextmanager
async def visiting(chromium: Browser, url: str) -> AsyncIterator[Visit]:
    """Open a window with GraphiQL, as `window` does, for somebody who has chosen to be a visitor."""
    async with window(chromium, url) as visit:
        await visit.page.goto(f"{url}/livez")
        await visit.page.evaluate(AS_VISITOR)
        await visit.load()
        yield visit


@asynccontextmanager
async def window(chromium: Browser, url: str) -> AsyncIterator[Visit]:
    """Open an empty window. At the end, fail if a page has logged an error or contacted another origin than the gateway."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    visit = Visit(await context.new_page(), url)
    yield visit
    await context.close()

    assert visit.complaints == []
    assert visit.origins <= {url}
