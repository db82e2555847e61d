"""Frames for sites that can't run the kit's script: without any script, with messages by hand, and with the helper."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser, FrameLocator, Page, Route, expect
from sqlalchemy.ext.asyncio import create_async_engine

from models import PortalOrigin
from models.base import now
from resolvers.values.identifiers import parse_or_none
from tests.kit.conftest import Open, opened
from tests.kit.host import Gateway, Host, site
from tests.kit.test_session import ENDED, SPEED

FAILED: Final = ("401", "503", "502", "frame-ancestors", "Refused to frame", "ERR_BLOCKED_BY_RESPONSE")
HEIGHT: Final = "document.documentElement.getBoundingClientRect().height"


def framed(page: Page) -> FrameLocator:
    """Return the content of the page's frame."""
    return page.frame_locator("iframe[title]")


async def said(page: Page, kind: str) -> list[dict[str, Any]]:
    """Return the messages of a kind that the page has received."""
    return [message for message in await page.evaluate("messages") if message["type"] == f"crossgate:{kind}"]


async def hears(page: Page, kind: str) -> None:
    """Wait until the page has received a message of a kind."""
    await page.wait_for_function("(type) => messages.some((message) => message.type === type)", arg=f"crossgate:{kind}")


async def test_page_without_scripts_shows_the_portal_R121(visit: Open, portal: Host, partner: str) -> None:
    """The token in the fragment starts a session, and neither the address of the frame nor a request's has it."""
    frame = portal.frame("ports", partner, "hidden", **{"page-size": "3"})
    async with visit(path="framed", frame=frame) as page:
        asked = list[str]()
        page.on("request", lambda request: asked.append(request.url))
        await expect(framed(page).get_by_role("article").first).to_contain_text("your partner hasn't enabled it")
        await expect(framed(page).locator("crossgate-ports")).to_have_attribute("page-size", "3")
        await page.reload()
        await expect(framed(page).get_by_role("article").first).to_be_visible()

        addresses = [await framed(page).locator("body").evaluate("location.href"), *asked]
        token = frame.partition("#")[2]
        assert (frame.partition("#")[0], False) == (addresses[0], any(token[:20] in url.partition("#")[0] for url in asked))


async def test_page_without_scripts_says_when_its_session_has_ended(visit: Open, portal: Host, partner: str) -> None:
    """Nobody answers the frame's request, so at the end of the token it shows nothing but that."""
    portal.seconds = 60
    frame = portal.frame("ports", partner, "shown")
    async with visit(path="framed", frame=frame, clock=SPEED) as page:
        await expect(framed(page).get_by_role("article").first).to_be_visible()
        await expect(framed(page).get_by_text(ENDED)).to_be_visible()
        await expect(framed(page).get_by_role("article")).to_have_count(0)


async def test_files_and_live_changes_work_in_a_frame(visit: Open, portal: Host, partner: str) -> None:
    """The frame's own requests name no origin when they read, and its socket names the gateway's."""
    frame = portal.frame("ports", partner, "shown")
    async with visit(path="framed", frame=frame) as page:
        port = framed(page).get_by_role("article").first
        name = await port.get_by_role("heading").inner_text()
        async with visit("crossgate-ports", who="shown") as other:
            row = other.get_by_role("article", name=name, exact=True)
            await row.get_by_role("button", name="Rename").click()
            await row.get_by_label("New name").fill("Renamed for frames")
            await row.get_by_role("button", name="Save").click()
            await expect(other.get_by_role("article", name="Renamed for frames", exact=True)).to_be_visible()
        await expect(framed(page).get_by_role("heading", name="Renamed for frames")).to_be_visible()


async def test_token_works_in_its_frames_and_on_no_other_site_V52_V63(visit: Open, portal: Host, partner: str) -> None:
    """Browsers omit the origin when the frame reads from the gateway. A page of another site that has the token gets 401."""
    read = "async ([url, token]) => (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status"
    address, token = f"{portal.gateway.url}/graphql?query=%7Bviewer%7Broles%7D%7D", portal.token("shown")
    async with visit(path="framed", frame=portal.frame("dashboard", partner, "shown")) as page:
        await expect(framed(page).get_by_role("heading", level=2)).to_be_visible()
        by_frame = await page.frames[1].evaluate(read, [address, token])
    with site(portal.gateway) as thief:
        async with visit(expects=(*FAILED, "ERR_EMPTY_RESPONSE")) as page:  # it leaves the first page while that loads
            await page.goto(f"{thief.url}/page?tags=[]&as=shown")
            by_thief = await page.evaluate(read, [address, token])

    assert [200, 401] == [by_frame, by_thief]


async def test_messages_by_hand_start_and_dress_the_portal(visit: Open, portal: Host, partner: str) -> None:
    """The page answers the request for a token, and learns of the session, the height and changes. Looks and language follow it."""
    async with visit(path="framed", frame=portal.frame("ports", partner), script="by-hand", who="shown") as page:
        port = framed(page).get_by_role("article").first
        await expect(port).to_be_visible()
        await hears(page, "ready")
        await page.evaluate("say({ type: 'crossgate:appearance', appearance: { radius: '7px' } })")
        await expect(port).to_have_css("border-radius", "7px")
        await page.evaluate("say({ type: 'crossgate:locale', locale: 'de' })")
        await expect(framed(page).get_by_label("Suche")).to_be_visible()
        await port.get_by_role("button", name="Umbenennen").click()
        await port.get_by_role("textbox").fill("By hand")
        await port.get_by_role("button", name="Speichern").click()
        await hears(page, "change")

        assert await said(page, "token-request")
        assert [{"type": "Port", "action": "UPDATE"}] == [
            {name: message["detail"][name] for name in ("type", "action")} for message in await said(page, "change")
        ]
        heights = [message["height"] for message in await said(page, "height")]
        assert heights[-1] == pytest.approx(await framed(page).locator("body").evaluate(HEIGHT), abs=1)


async def test_nobody_but_the_page_around_is_heard(visit: Open, portal: Host, partner: str) -> None:
    """A token from another window of the same site, and what is no message, change nothing."""
    frame = portal.frame("ports", partner)
    async with visit(path="framed", frame=frame, script="by-hand", who="shown", failing=True, expects=FAILED) as page:
        await hears(page, "token-request")
        await page.evaluate("document.body.append(document.createElement('iframe'))")
        post = "(token) => parent.frames[0].postMessage({ type: 'crossgate:token', token }, '*')"
        await page.frames[-1].evaluate(post, portal.token("hidden"))
        await page.evaluate("[null, 1, 'x', {}, { type: 'crossgate:nothing' }].forEach(say)")
        portal.failing = False

        await expect(framed(page).get_by_role("article").first).to_be_visible()
        await expect(framed(page).locator(".hidden")).to_have_count(0)


async def test_token_of_another_site_is_not_used_V52(visit: Open, portal: Host, partner: str) -> None:
    """Neither in the address nor by a message: the session is for pages of its own origin, and the frames that they show."""
    with site(portal.gateway) as other:
        other.key = portal.key
        stolen = other.token("shown")
        bare = portal.frame("ports", partner)
        async with visit(path="framed", frame=f"{bare}#token={stolen}") as page:
            await expect(framed(page).get_by_text(ENDED)).to_be_visible()
        async with visit(path="framed", frame=bare, script="by-hand", failing=True, expects=FAILED) as page:
            await hears(page, "token-request")
            await page.evaluate("(token) => say({ type: 'crossgate:token', token })", stolen)
            await expect(framed(page).get_by_text(ENDED)).to_be_visible()
            await hears(page, "error")
            assert "NO_TOKEN" in [message["detail"]["code"] for message in await said(page, "error")]


async def test_frame_is_nothing_by_itself(portal: Host, partner: str, chromium: Browser) -> None:
    """A link to it can't bring a session of someone else."""
    page = await chromium.new_page()
    await page.goto(portal.frame("ports", partner, "shown"))
    await expect(page.get_by_text(ENDED)).to_be_visible()
    assert "#" not in page.url
    await page.close()


async def test_helper_gives_the_frame_its_height_and_renews(visit: Open, portal: Host, partner: str) -> None:
    """It answers each request for a token, also after a failure, and dispatches the kit's events on the frame."""
    frame = portal.frame("ports", partner)
    async with visit(path="framed", frame=frame, script="helper", who="shown", seconds=60, clock=SPEED, expects=FAILED) as page:
        await expect(framed(page).get_by_role("article").first).to_be_visible()
        await expect(framed(page).get_by_label("Suche")).to_be_visible()
        await expect(framed(page).get_by_role("article").first).to_have_css("border-radius", "3px")
        before = portal.asked
        await page.wait_for_function("() => frames[0] && parseInt(document.querySelector('iframe').style.height) > 300")
        portal.failing = True
        await expect(framed(page).get_by_text(re.compile("Sitzung"))).to_be_visible()
        portal.failing = False
        await expect(framed(page).get_by_role("article").first).to_be_visible()

        names = [event["name"] for event in await page.evaluate("events")]
        assert portal.asked > before
        assert {"cg-ready", "cg-error"} <= {*names}


async def test_script_that_starts_late_starts_the_session(visit: Open, portal: Host, partner: str) -> None:
    """A frame that has stopped asking for a token asks again when the page's script connects to it."""
    start = asyncio.Event()

    async def wait(route: Route) -> None:
        await start.wait()
        await route.continue_()

    frame = portal.frame("ports", partner)
    async with visit(path="framed", frame=frame, script="helper", who="shown", clock=SPEED) as page:
        await page.route("**/helper.js", wait)
        await page.reload(wait_until="commit")
        await expect(framed(page).get_by_text(ENDED)).to_be_visible()
        start.set()
        await expect(framed(page).get_by_role("article").first).to_be_visible()


async def test_only_verified_origins_can_frame_V52(market_url: str, tmp_path: Path, chromium: Browser, partner: str) -> None:
    """Outside development, the browser shows the frame on the pages of the company's verified origin, and on no other."""
    gateway = Gateway("")
    with site(gateway) as stranger, opened(gateway, market_url, tmp_path, development=False) as host:
        await _verify(market_url, partner, host.url)
        shown = []
        for each in (host, stranger):
            page = await chromium.new_page()
            await page.goto(f"{each.url}/framed?frame={gateway.url}/kit/v1/frame/ports?company={partner}")
            shown.append(await page.frames[1].locator("crossgate-ports").count())
            await page.close()

    assert shown == [1, 0]


async def _verify(url: str, company: str, origin: str) -> None:
    """Let an origin count as a company's."""
    found = parse_or_none(company)
    assert found is not None
    engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.begin() as connection:
        values = {
            "id": found.key,
            "company_id": found.key,
            "origin": origin,
            "proof": "x",
            "created_at": now(),
            "verified_at": now(),
        }
        await connection.execute(sa.insert(PortalOrigin).values(values))
    await engine.dispose()
