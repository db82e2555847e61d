"""Follows the tour of the portal kit: its back end and page as the docs have them, next to a gateway.

`python -m tests.kit.tour` makes the pictures of the tour, with a gateway from `make serve` running.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.async_api import expect

from tests import browser
from tests.crash.processes import free_port
from tests.kit.host import Gateway

DOCS: Final = Path(__file__).parents[2] / "docs"
BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
FILES: Final = {"python": "backend.py", "html": "site/index.html", "js": "site/portal.js", "css": "site/portal.css"}
GATEWAY, SITE = "http://localhost:8000", "http://localhost:5190"  # as the docs have them
ORDER: Final = "document.querySelector('crossgate-ports').replaceWith(document.createElement('crossgate-order-port'))"


def operations() -> tuple[str, ...]:
    """Return the GraphQL of the tour, in order: create a key, find a customer, change its settings."""
    text = (DOCS / "api" / "portal-kit-tour.md").read_text("utf-8")
    return tuple(block for language, block in BLOCK.findall(text) if language == "graphql")


@contextmanager
def following(gateway: Gateway, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Do steps 2 to 5 of the tour in an empty folder. Yields the page's address, and the account."""
    create, find, _ = operations()
    secret = gateway.as_partner(create)["createApiKey"]["secret"]
    account: dict[str, Any] = gateway.as_partner(find)["managedAccounts"]["nodes"][0]
    site = f"http://localhost:{free_port()}"
    for language, block in BLOCK.findall((DOCS / "api" / "portal-kit-tour.md").read_text("utf-8")):
        if language in FILES:
            path = folder / FILES[language]
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.replace(GATEWAY, gateway.url).replace(SITE, site), "utf-8")
    variables = {**os.environ, "API_KEY": secret, "CUSTOMER": account["company"]["id"]}
    with subprocess.Popen(
        [sys.executable, "backend.py"], cwd=folder, env=variables, stdout=subprocess.PIPE, text=True
    ) as backend:
        try:
            assert backend.stdout is not None
            assert backend.stdout.readline() == f"Open {site}\n"
            yield site, account
        finally:
            backend.terminate()


def set_pricing(gateway: Gateway, account: dict[str, Any], pricing: bool) -> None:
    """Do step 6 of the tour: show or hide the customer's prices."""
    *_, change = operations()
    change = change.replace('"…"', f'"{account["id"]}"').replace("version: 1", f"version: {account['version']}")
    changed = gateway.as_partner(change.replace("pricing: false", f"pricing: {str(pricing).lower()}"))
    account["version"] = changed["updateManagedAccountSettings"]["managedAccount"]["version"]


async def make_pictures(url: str) -> None:
    """Write the pictures of the tour to docs/images."""
    gateway = Gateway(url)
    with tempfile.TemporaryDirectory() as folder, following(gateway, Path(folder)) as (site, account):
        async with browser.browser() as chromium:
            for name, pricing, place in (("prices", True, ".price"), ("hidden", False, ".hidden"), ("order", True, "")):
                set_pricing(gateway, account, pricing)
                page = await chromium.new_page(viewport={"width": 900, "height": 620 if place else 760})
                await page.goto(site)
                if place:
                    await expect(page.locator(place).first).to_be_visible()
                else:
                    await page.evaluate(ORDER)
                    await page.get_by_label("Location").select_option(index=1)
                    await expect(page.locator("dl .hidden, dl .price").first).to_be_visible()
                await page.screenshot(path=DOCS / "images" / f"tour-{name}.png")


if __name__ == "__main__":
    asyncio.run(make_pictures(sys.argv[1] if len(sys.argv) > 1 else GATEWAY))
