"""The list of ports on a partner's page: each viewer sees what policy allows, and why a value is missing."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from playwright.async_api import Page, Route, expect

from tests.kit.conftest import Open
from tests.kit.host import Host
from tests.portal.conftest import PATIENCE

PORTS: Final = "crossgate-ports"
FOCUSED: Final = "document.activeElement.shadowRoot?.activeElement"
TWO_CHANGES: Final = """() => new Promise((resolve) => {
  const look = () => {
    const changes = events.filter(({ name }) => name === "cg-change").map(({ target, action }) => [target, action]);
    if (changes.length < 2) requestAnimationFrame(look); // the answer can come after the event that redraws the card
    else resolve(changes);
  };
  look();
})"""
VERSION: Final = "query ($id: ID!) { node(id: $id) { ... on Port { version } } }"
RENAME: Final = """mutation ($input: UpdatePortInput!) {
  updatePort(input: $input) { port { version } userErrors { code field } } }"""


async def test_account_reads_prices_or_why_they_are_hidden_R121(visit: Open) -> None:
    """An account whose partner hides prices reads the reason in words. One with prices reads amounts."""
    async with visit(PORTS, who="hidden") as page:
        await expect(page.get_by_role("article").first).to_contain_text("your partner hasn't enabled it")
        assert await page.locator(".price").count() == 0
    async with visit(PORTS, who="shown") as page:
        await expect(page.locator(".price").first).to_be_visible()
        assert await page.locator(".hidden").count() == 0


async def test_list_goes_on_while_scrolling(visit: Open) -> None:
    """The next page is loaded before its place is reached, until all ports are shown, none twice."""
    async with visit(PORTS, who="partner") as page:
        cards = page.get_by_role("article")
        count = page.get_by_role("status").filter(has_text=re.compile(r"^\d+ ports?$"))
        total = int((await count.inner_text()).split()[0])
        assert total > 20
        async with asyncio.timeout(PATIENCE / 1000):
            while await cards.count() < total:
                await page.mouse.wheel(0, 2000)
                await asyncio.sleep(0.05)
        await expect(page.get_by_role("button", name="Load more")).to_have_count(0)
        names = await cards.evaluate_all("(all) => all.map((each) => each.getAttribute('aria-labelledby'))")

    assert len(set(names)) == total


async def test_count_that_is_not_complete_says_so(visit: Open) -> None:
    """Counts end at 10,000 items. This market has fewer, so the precision of a real answer is replaced."""

    async def cut_off(route: Route) -> None:
        response = await route.fetch()
        body = (await response.text()).replace('"totalCountPrecision":"EXACT"', '"totalCountPrecision":"AT_LEAST"')
        await route.fulfill(response=response, body=body)

    async with visit(PORTS, who="partner") as page:
        await expect(page.get_by_role("article").first).to_be_visible()
        await page.route("**/graphql", cut_off)
        await page.get_by_label("Status").select_option("ACTIVE")
        await expect(page.get_by_role("status").filter(has_text=re.compile(r"^More than \d+$"))).to_be_visible()


async def test_filter_has_counts_that_hold_and_search_finds_words(visit: Open) -> None:
    """Choosing a status shows as many ports as it promises, and a search shows only ports with the word."""
    async with visit(PORTS, who="partner") as page:
        option = page.get_by_label("Status").locator("option", has_text="Active (")
        text = str(await option.text_content())
        await page.get_by_label("Status").select_option(label=text)
        promised = text.split("(")[1].removesuffix(")")
        await expect(page.get_by_text(f"{promised} port")).to_be_visible()
        await expect(page.locator(".status:not([data-status=ACTIVE])")).to_have_count(0)

        word = (await page.get_by_role("article").first.get_by_role("heading").inner_text()).split()[0]
        await page.get_by_label("Search").fill(word[:3])
        await expect(page.get_by_role("heading", level=3).filter(has_not_text=re.compile(word[:3], re.I))).to_have_count(0)
        await expect(page.get_by_role("article").first).to_be_visible()
        await page.get_by_label("Search").fill("nothing has this name")
        await expect(page.get_by_text("0 ports")).to_be_visible()


async def test_buttons_are_what_the_viewer_can_do(visit: Open) -> None:
    """A port that can be disabled has that button, and afterwards the one to enable it. The host learns of each step."""
    async with visit(PORTS) as page:
        await page.get_by_label("Status").select_option("ACTIVE")
        await expect(page.locator(".status:not([data-status=ACTIVE])")).to_have_count(0)
        name = await page.get_by_role("article").first.get_by_role("heading").inner_text()
        await page.get_by_label("Status").select_option("")
        await page.get_by_label("Search").fill(name)
        port = page.get_by_role("article", name=name)
        await port.get_by_role("button", name="Disable").click()
        await expect(port.get_by_role("button", name="Rename")).to_be_focused()  # the pressed button is gone
        await expect(port.get_by_role("button", name="Enable")).to_be_visible()
        await expect(port.get_by_role("button", name="Disable")).to_have_count(0)
        await port.get_by_role("button", name="Enable").click()
        await expect(port.get_by_role("button", name="Disable")).to_be_visible()
        async with asyncio.timeout(PATIENCE / 1000):
            changes = await page.evaluate(TWO_CHANGES)

    assert [[PORTS, "DISABLE"], [PORTS, "ENABLE"]] == changes


async def test_list_that_loads_keeps_its_cards_and_their_focus(visit: Open) -> None:
    """While a search runs, the old cards stay. A step taken meanwhile keeps the focus in its card, also once the search is done."""
    async with visit(PORTS, refresh=3600) as page:
        port = page.get_by_role("article").filter(has=page.locator("[data-status=ACTIVE]")).first
        name = await port.get_by_role("heading").inner_text()
        port = page.get_by_role("article", name=name, exact=True)
        searches, done = asyncio.Queue[str](), asyncio.Event()

        async def hold(route: Route) -> None:
            if '"search"' in str(route.request.post_data):
                searches.put_nowait(name)
                await done.wait()
            await route.continue_()

        await page.route("**/graphql", hold)
        await page.get_by_label("Search").fill(name)
        await asyncio.wait_for(searches.get(), PATIENCE / 1000)
        await port.get_by_role("button", name="Disable").click()
        await expect(port.get_by_role("button", name="Rename")).to_be_focused()
        done.set()
        await expect(page.get_by_role("status").filter(has_text=re.compile("^1 port$"))).to_be_visible()
        await expect(port.get_by_role("button", name="Rename")).to_be_focused()
        await port.get_by_role("button", name="Enable").click()
        await expect(port.get_by_role("button", name="Disable")).to_be_visible()


async def test_final_step_is_confirmed(visit: Open) -> None:
    """Decommissioning asks first, and keeping the port leaves it as it is."""
    async with visit(PORTS) as page:
        await page.get_by_label("Status").select_option("ACTIVE")
        port = page.get_by_role("article").first
        await port.get_by_role("button", name="Decommission").click()
        await expect(port.get_by_role("button", name="Keep it")).to_be_focused()
        await port.get_by_role("button", name="Keep it").click()
        await expect(port.locator(".status")).to_have_attribute("data-status", "ACTIVE")


async def test_term_and_visibility_are_changed(visit: Open) -> None:
    """The partner changes a port's term, whose form says what that means, and shows the port on the Marketplace, and hides it."""
    async with visit(PORTS, who="partner") as page:
        port = page.get_by_role("article").filter(has=page.get_by_role("button", name="Show on the Marketplace"))
        key = await port.filter(has=page.get_by_role("button", name="Change the term")).first.get_attribute("aria-labelledby")
        card = page.locator(f"article[aria-labelledby='{key}']")
        await card.get_by_role("button", name="Change the term").click()
        await expect(card.get_by_label("Term")).to_be_focused()
        await expect(card.get_by_label("Term")).to_have_accessible_description("The price becomes today's price for this term.")
        term = "60" if await card.get_by_label("Term").input_value() != "60" else "48"
        await card.get_by_label("Term").select_option(term)
        await card.get_by_role("button", name="Save").click()
        await expect(card).to_contain_text(f"{term} months")
        await card.get_by_role("button", name="Show on the Marketplace").click()
        await expect(card.get_by_role("button", name="Hide on the Marketplace")).to_be_visible()
        await card.get_by_role("button", name="Hide on the Marketplace").click()
        await expect(card.get_by_role("button", name="Show on the Marketplace")).to_be_visible()


async def test_wrong_name_is_an_error_at_its_field_and_the_keyboard_suffices(visit: Open) -> None:
    """A port is renamed without a pointer. An empty name is refused at the field, which has the focus."""
    async with visit(PORTS) as page:
        port = page.get_by_role("article").first
        await focus(page, "Rename")
        await page.keyboard.press("Enter")
        await expect(port.get_by_label("New name")).to_be_focused()
        await page.keyboard.press("ControlOrMeta+A")
        await page.keyboard.press("Delete")
        await page.keyboard.press("Enter")
        await expect(port.get_by_label("New name")).to_have_attribute("aria-invalid", "true")
        await expect(port.get_by_label("New name")).to_be_focused()
        await expect(port.locator(".error")).not_to_be_empty()
        await page.keyboard.type("By keyboard")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="By keyboard")).to_be_visible()


async def focus(page: Page, name: str) -> None:
    """Press Tab until a button with this name has the focus, which has to be visible."""
    await expect(page.get_by_role("button", name=name).first).to_be_visible()
    async with asyncio.timeout(PATIENCE / 1000):
        while True:
            await page.keyboard.press("Tab")
            if (await page.evaluate(f"({FOCUSED})?.textContent.trim() ?? ''")).startswith(name):
                break
    assert await page.evaluate(f"getComputedStyle({FOCUSED}).outlineStyle") == "solid"


async def test_changes_of_others_appear_by_themselves(visit: Open, portal: Host) -> None:
    """A port that another person renames has its new name on an open page, and a live region says so."""
    async with visit(PORTS, refresh=3600) as page:
        card = page.get_by_role("article").first
        key = str(await card.get_attribute("aria-labelledby"))
        version = portal.gateway.as_partner(VERSION, id=key)["node"]["version"]
        heading = page.locator(f"article[aria-labelledby='{key}'] h3")
        async with asyncio.timeout(PATIENCE / 1000):
            for turn in range(1000):  # the page follows soon after it's shown
                values = {"id": key, "version": version, "name": f"Live {turn}"}
                payload = portal.gateway.as_partner(RENAME, input=values)["updatePort"]
                version = payload["port"]["version"]
                if "Live" in await heading.inner_text():
                    break
                await asyncio.sleep(0.2)
        await expect(page.get_by_role("status").filter(has_text="Live")).to_have_count(1)
