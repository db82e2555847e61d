"""The example portal, built and served, next to a gateway that runs only its documents, and a browser window on it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page

from models.embedded import Embedded
from tests.node import node_tool, run
from tests.portal.conftest import PATIENCE, chromium
from tests.rules.identity import market_with_password
from tests.served import served

ROOT: Final = Path(__file__).parents[2]
APP: Final = ROOT / "examples" / "portal"
WITH_PASSWORD: Final = "network@direct.example"
SERVING: Final = 120  # seconds in which the app is served

__all__ = ["chromium"]  # a fixture of the portal's tests, for these too
Open = Callable[..., AbstractAsyncContextManager[Page]]


@pytest.fixture(scope="session")
async def market_url(postgres: Embedded, demo: str) -> AsyncIterator[str]:
    """The URL of a sample market that the app changes. One user has a password."""
    async with market_with_password(postgres, demo, WITH_PASSWORD) as url:
        yield url


@pytest.fixture(scope="session")
def app(market_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the app."""
    run(APP, "npm", "run", "build")
    folder = tmp_path_factory.mktemp("example")
    manifest = APP / "src" / "gql" / "persisted-documents.json"
    only_its_own = {"trusted_documents_file": manifest, "trusted_documents": "only"}
    with served(market_url, folder, development=True, **only_its_own) as gateway, _served(gateway) as url:
        yield url


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def _served(gateway: str) -> Iterator[str]:
    """Serve the built app, and pass what it asks for on to the gateway."""
    port = free_port()
    command = [
        node_tool("node"),
        "node_modules/.bin/vite",
        "preview",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--strictPort",
    ]
    process = subprocess.Popen(
        command, cwd=APP, env={**os.environ, "GATEWAY": gateway}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once something listens on the port."""
    end = time.monotonic() + SERVING
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("the app isn't served")


@pytest.fixture
def visit(chromium: Browser, app: str) -> Open:
    """Open a window on the app. At the end, it fails if a page has logged an error, other than the status of a `refused` request."""

    @asynccontextmanager
    async def visiting(
        path: str = "/", width: int = 1280, scheme: str = "light", refused: str = "nothing"
    ) -> AsyncIterator[Page]:
        context = await chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        complaints = list[str]()

        def said(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and refused not in message.text:
                complaints.append(message.text)

        page.on("console", said)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{app}{path}")
        yield page
        await context.close()
        assert complaints == []

    return visiting
