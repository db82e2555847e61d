"""A partner's site with the kit, on a foreign origin, next to a real gateway, and a browser window on the site."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page

from models.embedded import Embedded
from tests import databases
from tests.kit.host import KIT, PARTNER, Gateway, Host, site
from tests.portal.conftest import PATIENCE, chromium
from tests.served import served

__all__ = ["chromium"]  # a fixture of the portal's tests, for these too
CLOCK: Final = """(() => {
  const [wait, now, start] = [window.setTimeout, Date.now, Date.now()];
  window.setTimeout = (run, milliseconds, ...more) => wait(run, milliseconds / %d, ...more);
  Date.now = () => start + (now() - start) * %d;
})()"""  # time runs faster, so that tokens of a minute end in seconds
BYTES: Final = 10_000_000 / 8  # each second
SLOW_NETWORK: Final = {"offline": False, "latency": 20, "downloadThroughput": BYTES, "uploadThroughput": BYTES}
Open = Callable[..., AbstractAsyncContextManager[Page]]


async def slow_down(page: Page) -> None:
    """Give a page a network of 10 Mbit/s and a quarter of the CPU."""
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", SLOW_NETWORK)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": 4})


@pytest.fixture(scope="session")
async def market_url(postgres: Embedded, demo: str) -> AsyncIterator[str]:
    """The URL of a sample market that the pages change."""
    async with databases.copied(postgres, demo) as url:
        yield url


@pytest.fixture(scope="session")
def portal(market_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The partner's site, with an API key. The gateway allows its origin, and no other."""
    assert KIT.joinpath("manifest.json").is_file(), "Build the kit first: make portal/kit/dist/manifest.json"
    with opened(Gateway(""), market_url, tmp_path_factory.mktemp("kit")) as host:
        host.get_key()
        yield host


@pytest.fixture(scope="session")
def partner(portal: Host) -> str:
    """The ID of the partner's company, whose pages frame the portal."""
    return portal.gateway.company_of(PARTNER)


@contextmanager
def opened(gateway: Gateway, market_url: str, folder: Path, *, development: bool = True) -> Iterator[Host]:
    """Serve the site and its gateway, which has to know the site's origin when it starts."""
    with site(gateway) as host, served(market_url, folder, development=development, allowed_origins=(host.url,)) as gateway.url:
        yield host


@pytest.fixture
def visit(chromium: Browser, portal: Host) -> Open:
    """Open a page of the site. At the end, it fails if the page has logged an error that it doesn't `expects`."""

    @asynccontextmanager
    async def visiting(
        *tags: str,
        who: str = "shown",
        width: int = 1280,
        expects: tuple[str, ...] = (),
        seconds: int = 900,
        failing: bool = False,
        empty: bool = False,
        clock: int = 1,
        path: str = "page",
        slow: bool = False,
        **options: Any,
    ) -> AsyncIterator[Page]:
        portal.failing, portal.empty, portal.seconds = failing, empty, seconds
        context = await chromium.new_context(viewport={"width": width, "height": 800})
        context.set_default_timeout(PATIENCE)
        if clock > 1:
            await context.add_init_script(CLOCK % (clock, clock))
        page = await context.new_page()
        if slow:
            await slow_down(page)
        complaints = list[str]()

        def said(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and not any(text in message.text for text in expects):
                complaints.append(message.text)

        page.on("console", said)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        query = urlencode({"tags": json.dumps(tags), "as": who, **options})
        await page.goto(f"{portal.url}/{path}?{query}")
        yield page
        await context.close()
        assert complaints == []

    return visiting
