"""The example portal in a real browser, as its users see it: every viewer sees what policy allows, and why a value is missing."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from tests.examples.conftest import APP, WITH_PASSWORD, Open
from tests.pictures import picture
from tests.portal.conftest import PATIENCE
from tests.rules.identity import PASSWORD

PARTNER: Final = "Partner, account administrator"
HIDDEN: Final = "Managed account, prices hidden"
SHOWN: Final = "Managed account, prices shown"
NETWORK: Final = "Direct company, network administrator"
PAGES: Final = ("/ports", "/order", "/approvals", "/profile")
AXE: Final = APP / "node_modules" / "axe-core" / "axe.min.js"
AUDIT: Final = "async () => (await axe.run()).violations.filter((each) => ['serious', 'critical'].includes(each.impact))"
WIDER: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def sign_in(page: Page, label: str) -> None:
    """Sign in as a sample user, and wait for the list of ports."""
    await page.get_by_role("button", name=label).click()
    await expect(page.get_by_role("heading", name="Ports", level=1)).to_be_visible()


async def go_to(page: Page, name: str, heading: str) -> None:
    """Follow a link of the navigation. The page's heading gets the focus."""
    await page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
    await expect(page.get_by_role("heading", name=heading, level=1)).to_be_focused()


def cards(page: Page) -> Any:
    """Return the cards of a list."""
    return page.get_by_role("article")


async def test_hidden_price_says_why_R121(visit: Open) -> None:
    """An account whose partner hides prices reads the reason; one with prices reads amounts."""
    async with visit() as page:
        await sign_in(page, HIDDEN)
        await expect(cards(page).first.get_by_text("Hidden", exact=False).first).to_be_visible()
        await expect(cards(page).first).to_contain_text("partner")
        assert await page.locator(".price").count() == 0
    async with visit() as page:
        await sign_in(page, SHOWN)
        await expect(page.locator(".price").first).to_be_visible()
        assert await page.locator(".hidden-price").count() == 0


async def test_list_goes_on_while_scrolling(visit: Open) -> None:
    """The next page is loaded before its place is reached, until all ports are shown, none twice."""
    async with visit() as page:
        await sign_in(page, PARTNER)
        count = page.get_by_role("status").filter(has_text=re.compile(r"^\d+ ports?$"))
        total = int((await count.inner_text()).split()[0])
        assert total > 20
        async with asyncio.timeout(PATIENCE / 1000):
            while await cards(page).count() < total:
                await page.mouse.wheel(0, 2000)
                await asyncio.sleep(0.05)
        await expect(page.get_by_role("button", name="Load more")).to_have_count(0)
        names = await page.locator("article h2").evaluate_all("(all) => all.map(({ id }) => id)")

    assert len(set(names)) == total


async def test_filter_has_counts_that_hold(visit: Open) -> None:
    """Choosing an option shows as many ports as it promises."""
    async with visit() as page:
        await sign_in(page, SHOWN)
        option = page.get_by_label("Status").locator("option", has_text="Active (")
        text = str(await option.text_content())
        await page.get_by_label("Status").select_option(text)
        promised = text.split("(")[1].removesuffix(")")
        await expect(page.get_by_text(f"{promised} port")).to_be_visible()
        await expect(page.locator("article .status:not(.active)")).to_have_count(0)


async def test_buttons_are_what_the_viewer_can_do(visit: Open) -> None:
    """A port that can be disabled has that button, and afterwards the one to enable it. Others can't even see it."""
    async with visit() as page:
        await sign_in(page, NETWORK)
        await page.get_by_label("Status").select_option("ACTIVE")
        card = cards(page).first
        name = await card.get_by_role("heading").inner_text()
        await card.get_by_role("button", name="Disable").click()
        own = page.get_by_role("article", name=name)
        await expect(own.get_by_role("button", name="Enable")).to_be_visible()
        await expect(own.get_by_role("button", name="Disable")).to_have_count(0)
        await own.get_by_role("button", name="Enable").click()
        await expect(own.get_by_role("button", name="Disable")).to_be_visible()


async def test_order_shows_all_problems_at_their_fields_and_waits_for_the_partner_V13(visit: Open) -> None:
    """The first wrong field has the focus. An order that needs approval says so, and its partner approves it there."""
    async with visit() as page:
        await sign_in(page, HIDDEN)
        await go_to(page, "Order a port", "Order a port")
        await page.get_by_role("button", name="Order", exact=True).click()
        await expect(page.get_by_label("Location")).to_be_focused()
        invalid = page.locator("[aria-invalid=true]")
        assert await invalid.count() >= 2
        described = [await field.get_attribute("aria-describedby") for field in await invalid.all()]
        for ids in described:
            errors = str(ids).split()[-1]
            await expect(page.locator(f"[id='{errors}']")).not_to_be_empty()

        await page.get_by_label("Location").select_option(index=1)
        await page.get_by_label("Name").fill("From the example")
        await page.get_by_role("button", name="Order", exact=True).click()
        await expect(page.get_by_role("heading", name="Sent for approval")).to_be_visible()

    async with visit() as page:
        await sign_in(page, PARTNER)
        await go_to(page, "Approvals", "Approvals")
        order = page.get_by_role("article", name="From the example")
        await order.get_by_role("button", name="Reject").click()
        await expect(order.get_by_label("Comment")).to_be_focused()
        await order.get_by_role("button", name="Approve").click()
        await expect(order.locator(".status")).to_have_text("Approved")
        await expect(order.get_by_role("button")).to_have_count(0)


async def test_changes_of_others_appear_by_themselves(visit: Open) -> None:
    """A port that another person renames has its new name on an open page."""
    async with visit() as watching, visit() as working:
        await sign_in(watching, SHOWN)
        await sign_in(working, SHOWN)
        mine = cards(working).first
        key = await mine.get_attribute("aria-labelledby")
        other = watching.locator(f"article[aria-labelledby='{key}'] h2")
        await expect(other).to_be_visible()
        async with asyncio.timeout(PATIENCE / 1000):
            for turn in range(100):  # the other page follows soon after it's shown
                await mine.get_by_role("button", name="Rename").click()
                await mine.get_by_label("New name").fill(f"Live {turn}")
                await mine.get_by_role("button", name="Save").click()
                await expect(mine.get_by_role("heading")).to_have_text(f"Live {turn}")
                if "Live" in await other.inner_text():
                    break

        await expect(other).to_contain_text("Live")


async def test_profile_is_saved_with_its_logo(visit: Open, tmp_path: Path) -> None:
    """A logo is shown once it's saved. A file that is no picture, and a wrong address, are errors at their fields."""
    logo, text = tmp_path / "logo.png", tmp_path / "logo.txt"
    logo.write_bytes(picture("PNG", (200, 200)))
    text.write_text("no picture", "utf-8")
    async with visit(refused="415") as page:
        await sign_in(page, PARTNER)
        await go_to(page, "Profile", "Profile")
        await page.get_by_label("Logo", exact=True).set_input_files(text)
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_label("Logo", exact=True)).to_have_attribute("aria-invalid", "true")
        await page.get_by_label("Logo", exact=True).set_input_files(logo)
        await page.get_by_label("Contact email").fill("nonsense")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_label("Contact email")).to_be_focused()
        await page.get_by_label("Contact email").fill("sales@bramblewick.example")
        await page.get_by_role("button", name="Save").click()
        image = page.get_by_role("img", name="Logo of")
        await expect(image).to_be_visible()

        assert await image.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 200


async def test_user_signs_in_with_a_password_and_out(visit: Open) -> None:
    """A wrong password is an error of the form. The session survives a reload, and ends with sign-out."""
    async with visit() as page:
        await page.get_by_label("Email").fill(WITH_PASSWORD)
        await page.get_by_label("Password").fill("a wrong password")
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(page.get_by_role("heading", name="Ports", level=1)).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("heading", name="Ports", level=1)).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()


async def test_keyboard_alone_suffices(visit: Open) -> None:
    """Sign in, skip to the content, and rename a port without a pointer."""
    async with visit() as page:
        await page.get_by_role("button", name=SHOWN).focus()
        await page.keyboard.press("Enter")
        await expect(cards(page).first).to_be_visible()
        await page.get_by_role("link", name="Skip to the content").focus()
        await page.keyboard.press("Enter")
        button = cards(page).first.get_by_role("button", name="Rename")
        async with asyncio.timeout(PATIENCE / 1000):
            while not await button.evaluate("(button) => button === document.activeElement"):
                await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(cards(page).first.get_by_label("New name")).to_be_focused()
        await page.keyboard.press("ControlOrMeta+A")
        await page.keyboard.type("By keyboard")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="By keyboard")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_pages_are_accessible_and_fit_a_phone(visit: Open, scheme: str, width: int) -> None:
    """The audit finds nothing serious on any page, and no page scrolls sideways."""
    async with visit(width=width, scheme=scheme) as page:
        await page.add_script_tag(path=AXE)
        found = {"/sign-in": await page.evaluate(AUDIT)}
        await sign_in(page, HIDDEN)
        for path in PAGES:
            await page.evaluate("(path) => history.pushState(null, '', path)", path)
            await expect(page.get_by_role("heading", level=1)).to_be_visible()
            await expect(page.get_by_text("Loading …")).to_have_count(0)
            found[path] = await page.evaluate(AUDIT)
            assert await page.evaluate(WIDER) <= 0, path

    assert {path: [] for path in found} == found
