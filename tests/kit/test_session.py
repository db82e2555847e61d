"""The session of a page: one token for all elements, renewed before its end, and an end that shows nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from tests.kit.conftest import Open
from tests.kit.host import Host

PORTS: Final = "crossgate-ports"
ENDED: Final = "Your session has ended."
FAILED: Final = ("503", "502", "401", "ERR_", "net::")  # what a browser logs about requests that fail
SPEED: Final = 10  # how much faster timers run, so that tokens of a minute end in six seconds


async def events(page: Page, name: str) -> list[dict[str, Any]]:
    """Return the events of a name that the host has received."""
    return [event for event in await page.evaluate("events") if event["name"] == name]


async def received(page: Page, name: str) -> dict[str, Any]:
    """Wait for an event, and return the first of its name."""
    await page.wait_for_function("(name) => events.some((event) => event.name === name)", arg=name)
    return (await events(page, name))[0]


@pytest.fixture
def key(portal: Host) -> Iterator[None]:
    """Give the site a key of its own, which the test revokes."""
    shared = portal.key
    portal.get_key()
    yield
    portal.key = shared


async def test_elements_share_one_token(visit: Open, portal: Host) -> None:
    """Three elements on a page fetch one token, and the host learns that the page is ready."""
    async with visit(PORTS, "crossgate-dashboard", "crossgate-approvals") as page:
        await expect(page.get_by_role("article").first).to_be_visible()
        before = portal.asked
        await page.reload()
        await expect(page.get_by_role("article").first).to_be_visible()
        await received(page, "cg-ready")

    assert portal.asked == before + 1


async def test_token_is_renewed_before_its_end(visit: Open, portal: Host) -> None:
    """A page goes on beyond the end of its first token, without a failure or a gap."""
    async with visit(PORTS, "crossgate-dashboard", seconds=60, clock=SPEED) as page:
        await expect(page.get_by_role("article").first).to_be_visible()
        before = portal.asked
        await received(page, "cg-token-expiring")
        await page.wait_for_function("() => events.filter(({ name }) => name === 'cg-token-expiring').length > 2")
        assert portal.asked >= before + 2
        await expect(page.get_by_role("article").first).to_be_visible()

        assert (await events(page, "cg-error"), await page.get_by_text(ENDED).count()) == ([], 0)


async def test_failed_renewal_ends_the_session_and_recovers(visit: Open, portal: Host) -> None:
    """The host learns of the failure. After the token's end, elements show nothing but that. Later the page recovers by itself."""
    async with visit(PORTS, "crossgate-dashboard", seconds=60, clock=SPEED, expects=FAILED) as page:
        await expect(page.get_by_role("article").first).to_be_visible()
        portal.failing = True
        await received(page, "cg-token-expiring")
        error = await received(page, "cg-error")
        assert ("TOKEN_RENEWAL_FAILED", True) == (error["code"], error["retryable"])
        await expect(page.get_by_text(ENDED)).to_have_count(2)
        await expect(page.get_by_role("article")).to_have_count(0)
        await expect(page.get_by_role("heading", level=2)).to_have_count(0)

        portal.failing = False
        await expect(page.get_by_role("article").first).to_be_visible()
        await expect(page.get_by_text(ENDED)).to_have_count(0)


async def test_update_tries_an_ended_session_again(visit: Open, portal: Host) -> None:
    """The host doesn't have to wait for the next attempt. A sign-out, in contrast, is final."""
    async with visit(PORTS, expects=FAILED, failing=True) as page:
        await expect(page.get_by_text(ENDED)).to_be_visible()
        portal.failing = False
        await page.evaluate("portal.update()")
        await expect(page.get_by_role("article").first).to_be_visible()

        await page.evaluate("portal.signOut()")
        await expect(page.get_by_text(ENDED)).to_be_visible()
        await page.evaluate("portal.update()")
        await expect(page.get_by_role("article")).to_have_count(0)


@pytest.mark.usefixtures("key")
async def test_revoked_key_ends_the_session_V59(visit: Open, portal: Host) -> None:
    """Neither the page's token nor a new one works, so the page shows nothing, and least of all what a visitor sees."""
    async with visit(PORTS, "crossgate-profile", expects=FAILED) as page:
        await expect(page.get_by_role("article").first).to_be_visible()
        portal.revoke_key()
        await page.evaluate("portal.update()")
        await expect(page.get_by_text(ENDED)).to_have_count(2)
        await expect(page.get_by_role("article")).to_have_count(0)

        assert [event["code"] for event in await events(page, "cg-error")][:1] == ["TOKEN_RENEWAL_FAILED"]


@pytest.mark.usefixtures("key")
async def test_refused_token_is_replaced_once_for_all_elements(visit: Open, portal: Host) -> None:
    """After the site has changed its key, the gateway refuses the page's token. One new token lets all elements go on."""
    async with visit(PORTS, "crossgate-dashboard", "crossgate-approvals", expects=FAILED) as page:
        await expect(page.get_by_role("article").first).to_be_visible()
        portal.revoke_key()
        portal.get_key()
        before = portal.asked
        await page.evaluate("portal.update()")
        await expect(page.get_by_role("article").first).to_be_visible()

        assert (portal.asked, await page.get_by_text(ENDED).count()) == (before + 1, 0)
        assert await events(page, "cg-error") == []


async def test_page_without_a_token_is_no_visitor_s(visit: Open) -> None:
    """If the host has no token, elements don't show what is public either, and the host learns that trying again is useless."""
    async with visit("crossgate-connections", "crossgate-order-port", empty=True) as page:
        error = await received(page, "cg-error")
        await expect(page.get_by_text(ENDED)).to_have_count(2)
        await expect(page.get_by_role("heading", level=2)).to_have_count(0)

        assert ("NO_TOKEN", False) == (error["code"], error["retryable"])


async def test_lost_network_keeps_what_is_shown_and_returns(visit: Open) -> None:
    """Without a network the page says so and keeps its list. With it, the failure disappears by itself."""
    async with visit(PORTS, expects=FAILED) as page:
        await expect(page.get_by_role("article").first).to_be_visible()
        await page.context.set_offline(True)
        await page.evaluate("portal.update()")
        await expect(page.get_by_role("alert")).to_contain_text("can't be reached")
        await expect(page.get_by_role("article").first).to_be_visible()
        await page.context.set_offline(False)
        await expect(page.get_by_role("alert")).to_have_count(0)
        error = (await events(page, "cg-error"))[0]

    assert (PORTS, "NETWORK_ERROR", True) == (error["target"], error["code"], error["retryable"])
