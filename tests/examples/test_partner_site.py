"""The example of a partner's site, with each of its two back ends: a customer's page with the portal kit, on an origin of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from models.embedded import Embedded
from tests import databases
from tests.examples.conftest import free_port, wait_for
from tests.node import node_tool
from tests.portal.conftest import PATIENCE
from tests.served import served

SITE: Final = Path(__file__).parents[2] / "examples" / "partner-site"


@pytest.fixture(scope="module")
async def site_market(postgres: Embedded, demo: str) -> AsyncIterator[str]:
    """The URL of a sample market of these tests."""
    async with databases.copied(postgres, demo) as url:
        yield url


@pytest.fixture(scope="module")
def gateway(site_market: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a gateway in development."""
    with served(site_market, tmp_path_factory.mktemp("gateway"), development=True) as url:
        yield url


@contextlib.contextmanager
def started(command: list[str], port: int, **environment: str) -> Iterator[str]:
    """Run a program that serves the site, and yield its URL."""
    process = subprocess.Popen(command, cwd=SITE, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait()


@contextlib.asynccontextmanager
async def opened(chromium: Browser, url: str) -> AsyncIterator[Page]:
    """Open a page of the site. Its console must stay empty."""
    page = await chromium.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await page.goto(url)
    yield page
    await page.close()
    assert [] == complaints


async def shows_ports(page: Page) -> None:
    """Wait for the customer's ports, its dashboard and the form."""
    await expect(page.locator("crossgate-ports").get_by_role("listitem").first).to_be_visible(timeout=PATIENCE)
    await expect(page.locator("crossgate-order-port").get_by_role("button").first).to_be_visible(timeout=PATIENCE)


async def test_one_command_starts_the_site(chromium: Browser, gateway: str) -> None:
    """`start.py` creates a key by itself. The Python back end serves the page, which shows ports of the partner's customer."""
    port = free_port()
    with started([sys.executable, "start.py"], port, GATEWAY=gateway, SITE_PORT=str(port)) as url:
        async with opened(chromium, url) as page:
            await shows_ports(page)


async def test_node_back_end_does_the_same(chromium: Browser, gateway: str) -> None:
    """With a key and a customer, the other back end serves the same page."""
    port = free_port()
    environment = {"GATEWAY": gateway, "ORIGIN": f"http://localhost:{port}", "PORT": str(port), **_customer(gateway)}
    with started([node_tool("node"), "backend.mjs"], port, **environment) as url:
        async with opened(chromium, url) as page:
            await shows_ports(page)


def test_start_without_a_gateway_says_what_to_do() -> None:
    """The error names the command, and is no traceback."""
    environment = {**os.environ, "GATEWAY": f"http://127.0.0.1:{free_port()}"}
    script = subprocess.run(
        [sys.executable, "start.py"], cwd=SITE, env=environment, capture_output=True, text=True, check=False
    )

    assert 1 == script.returncode
    assert "Start one with `make serve`." in script.stderr
    assert "Traceback" not in script.stderr


def _customer(gateway: str) -> dict[str, str]:
    """Create a key of the sample partner, and look one of its accounts up."""
    script = "import json, start; token = start.sign_in(); print(json.dumps(start.key_and_customer(token)))"
    environment = {**os.environ, "GATEWAY": gateway}
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=SITE, env=environment, capture_output=True, text=True, check=True
    )
    secret, customer = json.loads(found.stdout)
    return {"API_KEY": secret, "CUSTOMER": customer}
