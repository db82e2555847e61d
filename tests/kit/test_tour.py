"""The tour of the portal kit works as the docs have it, word by word."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.async_api import Browser, expect

from tests.kit.host import Gateway
from tests.kit.tour import DOCS, following, set_pricing
from tests.portal.conftest import PATIENCE
from tests.served import served

LARGEST: Final = 150_000  # bytes of a picture


async def test_tour_ends_with_the_ports_of_one_customer(chromium: Browser, market_url: str, tmp_path: Path) -> None:
    """The docs' back end and page show the customer's ports in the page's looks, and follow the partner's switch of prices."""
    with served(market_url, tmp_path, development=True) as url:
        gateway = Gateway(url)
        with following(gateway, tmp_path) as (site, account):
            set_pricing(gateway, account, pricing=True)
            context = await chromium.new_context()
            context.set_default_timeout(PATIENCE)
            page = await context.new_page()
            await page.goto(site)
            await expect(page.get_by_role("article").first).to_be_visible()
            await expect(page.locator(".price").first).to_be_visible()
            await expect(page.get_by_role("article").first).to_have_css("border-radius", "2px")
            await expect(page.get_by_role("article").first).to_have_css("font-family", "Georgia, serif")
            set_pricing(gateway, account, pricing=False)
            await expect(page.locator(".hidden").first).to_be_visible()
            await expect(page.locator(".price")).to_have_count(0)
            await context.close()


def test_pictures_of_the_tour_are_small() -> None:
    """A reader on a phone can load them."""
    assert {} == {
        path.name: path.stat().st_size for path in (DOCS / "images").glob("tour-*.png") if path.stat().st_size > LARGEST
    }
    assert len([*(DOCS / "images").glob("tour-*.png")]) == 3
