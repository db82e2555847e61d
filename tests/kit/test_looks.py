"""The looks of the elements: accessible in light and dark, on a phone, with long words, from right to left, under a strict policy."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from tests.examples.test_portal import AUDIT, AXE, WIDER
from tests.kit.conftest import Open

TAGS: Final = tuple(
    f"crossgate-{name}"
    for name in ("approvals", "connections", "dashboard", "invoices", "offers", "order-port", "ports", "profile", "settings")
)
LOADING: Final = {"en": "Loading …", "de": "Wird geladen …", "ar": "جار التحميل …"}
CLIPPED: Final = """() => Array.from(document.querySelectorAll("main > *")).flatMap((element) =>
  Array.from(element.shadowRoot?.querySelectorAll("button, input, select, textarea, h2, h3, label") ?? []).filter((control) => {
    const { left, right } = control.getBoundingClientRect();
    const isCut = control.localName !== "input" && control.localName !== "select" && control.scrollWidth > control.clientWidth + 1;
    return isCut || left < 0 || right > document.documentElement.clientWidth;
  }).map((control) => `${element.localName}: ${control.textContent || control.name}`))"""


WITHOUT_CONTROLS: Final = ("crossgate-dashboard",)
MARK: Final = """() => {
  const within = (root) => Array.from(root.querySelectorAll("*")).flatMap((element) => [
    ...(element.matches("a[href], button, input, select, textarea") && !element.disabled ? [element] : []),
    ...(element.shadowRoot && !element.inert ? within(element.shadowRoot) : []),
  ]);
  return within(document).slice(0, 40).map((control, index) => (control.dataset.stop = `${index} ${control.textContent.trim()}`));
}"""
STOP: Final = """() => {
  let focused = document.activeElement;
  while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return [focused.dataset.stop ?? "", getComputedStyle(focused).outlineStyle];
}"""


# A sample of the settings has a heading of its own.
SHOWN: Final = """(many) => many === Array.from(document.querySelectorAll("main > *"))
  .filter((element) => element.shadowRoot?.querySelector("h2")).length"""


async def shown(page: Page, locale: str = "en", many: int = len(TAGS)) -> None:
    """Wait until all elements have loaded."""
    await page.wait_for_function(SHOWN, arg=many)
    await expect(page.get_by_text(LOADING[locale])).to_have_count(0)


async def audited(page: Page) -> list[Any]:
    """Return what an audit finds that is serious."""
    await page.evaluate(AXE.read_text("utf-8"))
    found: list[Any] = await page.evaluate(AUDIT)
    return [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_elements_are_accessible_and_fit_a_phone(visit: Open, scheme: str) -> None:
    """The audit finds nothing serious in any element, in what `color-scheme` the host has, and no page scrolls sideways."""
    async with visit(*TAGS, who="partner", width=320, scheme=scheme, refresh=3600) as page:
        await shown(page)
        first = page.locator("crossgate-ports").get_by_role("article").first
        await first.get_by_role("button", name="Rename").click()

        for width in (320, 1280):
            await page.set_viewport_size({"width": width, "height": 800})
            assert (width, [], 0) == (width, await audited(page), max(0, await page.evaluate(WIDER)))
            assert (width, []) == (width, await page.evaluate(CLIPPED))


@pytest.mark.parametrize(("locale", "direction"), [("de", "ltr"), ("ar", "rtl")])
async def test_long_words_and_right_to_left_fit(visit: Open, locale: str, direction: str) -> None:
    """In German and Arabic no control is cut off at 320 px, and an account's hidden prices say why in its language."""
    async with visit(*TAGS, who="hidden", width=320, locale=locale) as page:
        await shown(page, locale)
        root = page.locator("crossgate-ports [part=root]")
        assert [direction, locale] == [await root.get_attribute(name) for name in ("dir", "lang")]
        await expect(page.locator("crossgate-ports .hidden").first).not_to_have_text(re.compile("[Hh]idden"))

        assert ([], 0) == (await page.evaluate(CLIPPED), max(0, await page.evaluate(WIDER)))
        assert [] == await audited(page)


@pytest.mark.parametrize("tag", TAGS)
async def test_tab_reaches_each_control_and_shows_where_it_is(visit: Open, tag: str) -> None:
    """The keyboard comes to all controls of an element, in the order in which they're read, and each has an outline then."""
    async with visit(tag, who="partner", refresh=3600) as page:
        await shown(page, many=1)
        controls = await page.evaluate(MARK)
        reached = list[list[str]]()
        while [control for control, _ in reached] != controls and len(reached) < 2 * len(controls):
            await page.keyboard.press("Tab")
            stop = await page.evaluate(STOP)
            if stop[0] and stop not in reached:  # a date has a stop for each of its parts
                reached.append(stop)

        assert reached == [[control, "solid"] for control in controls]
        assert controls or tag in WITHOUT_CONTROLS


async def test_text_of_twice_the_size_fits(visit: Open) -> None:
    """With a zoom of 200 % on a small window nothing is cut off."""
    async with visit(*TAGS, who="partner", width=640) as page:
        await shown(page)
        await page.evaluate("document.documentElement.style.setProperty('zoom', '2')")

        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


async def test_host_chooses_looks_and_language_without_a_reload(visit: Open) -> None:
    """Custom properties of the page and of `update` reach all elements, parts can be styled, and the language changes."""
    async with visit("crossgate-ports", who="shown") as page:
        await shown(page, many=1)
        card = page.locator("[part=card]").first
        assert await card.evaluate("(card) => getComputedStyle(card).borderRadius") == "2px"
        await page.evaluate("portal.update({ appearance: { radius: '9px', surface: 'rgb(1, 2, 3)' }, locale: 'de-CH' })")
        await expect(page.get_by_role("heading", name="Ports", level=2)).to_be_visible()
        await expect(page.get_by_label("Suche")).to_be_visible()
        await expect(card).to_have_css("border-radius", "9px")
        await expect(card).to_have_css("background-color", "rgb(1, 2, 3)")
        await page.evaluate("""() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync("crossgate-ports::part(heading) { color: rgb(4, 5, 6); }");
          document.adoptedStyleSheets.push(sheet);
        }""")
        await expect(page.locator("[part=heading]")).to_have_css("color", "rgb(4, 5, 6)")


async def test_element_in_a_page_s_own_shadow_root_works(visit: Open) -> None:
    """An element that's added later, and one inside a shadow root, which the page announces, are connected too."""
    async with visit(who="shown") as page:
        await page.evaluate("document.querySelector('main').append(document.createElement('crossgate-dashboard'))")
        await expect(page.get_by_role("heading", level=2)).to_have_count(1)
        await page.evaluate("""async () => {
          const box = document.createElement("div");
          box.attachShadow({ mode: "open" }).append(document.createElement("crossgate-ports"));
          document.querySelector("main").append(box);
          await kit.define("crossgate-ports");
        }""")
        await expect(page.get_by_role("article").first).to_be_visible()
