"""A partner's switch reaches the account's open pages by an event, without the regular reload."""

from __future__ import annotations

import pytest
from playwright.async_api import WebSocket, expect

from tests.kit.conftest import Open
from tests.kit.host import Host
from tests.kit.test_elements import set_pricing

RARELY = 3600  # seconds between regular reloads, more than a test takes


async def test_switch_is_shown_at_once_R121(visit: Open, portal: Host) -> None:
    """Prices appear on the account's page and disappear again, long before it loads again by itself."""
    async with visit("crossgate-ports", who="hidden", refresh=RARELY) as page:
        await expect(page.locator(".hidden").first).to_be_visible()
        set_pricing(portal.gateway, "hidden", pricing=True)
        await expect(page.locator(".price").first).to_be_visible()
        set_pricing(portal.gateway, "hidden", pricing=False)
        await expect(page.locator(".hidden").first).to_be_visible()
        await expect(page.locator(".price")).to_have_count(0)


@pytest.mark.parametrize(("who", "sockets"), [("partner", 0), ("shown", 1)])
async def test_pages_of_others_open_no_socket_for_switches(visit: Open, who: str, sockets: int) -> None:
    """A partner has no switches of its own, so a page without live elements needs no socket."""
    async with visit(who=who) as page:
        opened = list[WebSocket]()
        page.on("websocket", lambda socket: opened.append(socket))
        await page.reload()
        await page.wait_for_function("() => events.some(({ name }) => name === 'cg-ready')")
        await page.wait_for_load_state("networkidle")

        assert len(opened) == sockets
