"""A partner's stored looks: its administrator edits them with a live sample, and its accounts' pages have them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests import plain_http
from tests.examples.test_portal import AUDIT, AXE
from tests.kit.conftest import Open
from tests.kit.host import PARTNER, Host
from tests.kit.test_frame import framed
from tests.pictures import picture

BEFORE_A_REFRESH: Final = 15_000  # milliseconds; elements load again after 30 seconds, which hides what they forgot to draw
STORED: Final = "{ viewer { company { portalAppearance { version } } } }"
SAVE: Final = """mutation ($input: SavePortalAppearanceInput!) {
  savePortalAppearance(input: $input) { portalAppearance { version } userErrors { code field } } }"""
UNSET: Final = {
    "colorScheme": "AUTO",
    "density": "COMFORTABLE",
    **dict.fromkeys(
        (
            "productName",
            "logoId",
            "accentColor",
            "accentTextColor",
            "backgroundColor",
            "textColor",
            "fontFamily",
            "borderRadius",
            "locale",
        )
    ),
}
DARK: Final = {"backgroundColor": "#101418", "textColor": "#e6e6e6", "accentColor": "#ffb000", "accentTextColor": "#000000"}


def store(portal: Host, **values: Any) -> None:
    """Save the looks of the partner's portal; the others are the kit's own."""
    gateway = portal.gateway
    found = gateway.as_partner(STORED)["viewer"]["company"]["portalAppearance"]
    version = found["version"] if found else 0
    saved = gateway.as_partner(SAVE, input={**UNSET, **values, "version": version})["savePortalAppearance"]
    assert saved["userErrors"] == []


@pytest.fixture(autouse=True)
def _unset(portal: Host) -> Iterator[None]:
    """Begin and end with the kit's own looks."""
    store(portal)
    yield
    store(portal)


def upload(portal: Host) -> str:
    """Upload a logo of the partner, and return its ID."""
    headers = {"Authorization": f"Bearer {portal.gateway.token_of(PARTNER)}", "Content-Type": "image/png"}
    answer = plain_http.post(f"{portal.gateway.url}/files", content=picture(size=(120, 120)), headers=headers)
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


async def audited(page: Page) -> list[Any]:
    """Return what an audit finds that is serious."""
    await page.evaluate(AXE.read_text("utf-8"))
    found: list[Any] = await page.evaluate(AUDIT)
    return [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found]


async def test_account_s_page_has_the_partner_s_looks_V52(visit: Open, portal: Host) -> None:
    """Colours, corners and language are those that the partner has stored, but what the page chooses itself wins."""
    store(portal, **DARK, fontFamily="Georgia, serif", borderRadius=11, density="COMPACT", locale="de")

    async with visit("crossgate-ports", who="shown", locale="") as page:
        card = page.locator("[part=card]").first
        await expect(card).to_have_css("background-color", "rgb(16, 20, 24)")
        await expect(card).to_have_css("color", "rgb(230, 230, 230)")
        await expect(card).to_have_css("border-radius", "2px")
        await expect(card).to_have_css("font-family", "Georgia, serif")
        await expect(page.get_by_label("Suche")).to_be_visible()
    async with visit("crossgate-ports", who="shown", locale="fr") as page:
        await expect(page.get_by_label("Recherche")).to_be_visible()


async def test_style_sheet_of_the_page_wins_over_stored_looks_V52(visit: Open, portal: Host) -> None:
    """A rule of the page for its root wins, and `initial` there restores the kit's own look. `update` wins over both."""
    store(portal, fontFamily="Georgia, serif", borderRadius=11, density="COMPACT")

    async with visit("crossgate-ports", who="shown") as page:
        card = page.locator("[part=card]").first
        await expect(card).to_have_css("padding", "12px")
        await page.evaluate("document.styleSheets[0].insertRule(':root { --cg-density: 2; --cg-font: initial; }')")
        await expect(card).to_have_css("padding", "32px")
        await expect(card).not_to_have_css("font-family", "Georgia, serif")
        await page.evaluate("portal.update({ appearance: { density: '1' } })")
        await expect(card).to_have_css("padding", "16px")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "looks", [DARK, {"accentColor": "#ffe500", "accentTextColor": "#000000"}, {"colorScheme": "DARK"}, {"colorScheme": "LIGHT"}]
)
async def test_stored_looks_can_be_read_on_every_page(visit: Open, portal: Host, scheme: str, looks: dict[str, str]) -> None:
    """What the gateway accepts has enough contrast everywhere, whatever `color-scheme` the page has."""
    store(portal, **looks)

    async with visit("crossgate-ports", "crossgate-order-port", "crossgate-brand", who="hidden", scheme=scheme) as page:
        await expect(page.get_by_role("article").first).to_be_visible()
        await page.get_by_role("button", name="Order", exact=True).click()
        await expect(page.locator("[aria-invalid=true]").first).to_be_visible()

        assert [] == await audited(page)


async def test_brand_has_name_and_logo_of_the_partner_V52(visit: Open, portal: Host, partner: str) -> None:
    """The logo needs the token, which only the account's page has. Without a stored brand there's nothing."""
    async with visit("crossgate-brand", "crossgate-dashboard", who="shown") as page:
        await expect(page.get_by_role("heading", level=2)).to_be_visible()
        await expect(page.locator("[part=brand]")).to_have_count(0)

    store(portal, productName="Nordic Ports", logoId=upload(portal))
    for visiting, content in (
        (visit("crossgate-brand", who="shown"), lambda page: page),
        (visit(path="framed", frame=portal.frame("brand", partner, "hidden")), framed),
    ):
        async with visiting as page:
            await expect(content(page).get_by_text("Nordic Ports")).to_be_visible()
            logo = content(page).locator("[part=logo]")
            await expect(logo).to_have_js_property("naturalWidth", 120)
            await expect(logo).to_have_attribute("alt", "")


async def test_frame_has_the_stored_looks_from_edge_to_edge(visit: Open, portal: Host, partner: str) -> None:
    """The frame's own background is the stored one too, and a message of the page wins over what is stored."""
    store(portal, **DARK, borderRadius=11)

    frame = portal.frame("ports", partner)
    async with visit(path="framed", frame=frame, script="by-hand", who="shown") as page:
        card = framed(page).locator("[part=card]").first
        await expect(card).to_have_css("border-radius", "11px")
        await expect(framed(page).locator("body")).to_have_css("background-color", "rgb(16, 20, 24)")
        await page.evaluate("say({ type: 'crossgate:appearance', appearance: { radius: '1px' } })")
        await expect(card).to_have_css("border-radius", "1px")


async def test_sample_follows_what_is_entered_and_nothing_else_does(visit: Open, portal: Host) -> None:
    """The sample changes with each key. The page changes once the looks are saved, and accounts then have them."""
    store(portal, borderRadius=20)
    async with visit("crossgate-settings", "crossgate-dashboard", who="partner") as page:
        form = page.locator("crossgate-appearance-form")
        card, button = form.locator("crossgate-sample [part=card]"), form.locator("crossgate-sample button").first
        await expect(card).to_have_css("border-radius", "20px")
        await form.get_by_label("Corner radius").fill("3")
        await expect(card).to_have_css("border-radius", "3px")
        await form.get_by_label("Corner radius").fill("")
        await expect(card).to_have_css("border-radius", "8px")
        await form.get_by_label("Accent colour", exact=True).fill("#663399")
        await form.get_by_label("Text on the accent colour", exact=True).fill("#ffffff")
        await expect(button).to_have_css("background-color", "rgb(102, 51, 153)")
        await form.get_by_label("Density").select_option("Compact")
        await form.get_by_label("Language").select_option("")
        await expect(form.get_by_label("Accent colour: choose", exact=True)).to_have_value("#663399")
        assert await page.get_by_role("button", name="Save").first.evaluate(
            "(own) => getComputedStyle(own).backgroundColor"
        ) != ("rgb(102, 51, 153)")
        await form.get_by_role("button", name="Use this appearance").click()
        await expect(form.get_by_text("Saved.")).to_be_visible()
        await expect(page.get_by_role("button", name="Save").first).to_have_css("background-color", "rgb(102, 51, 153)")
        await page.wait_for_function("events.filter(({ type }) => type === 'PortalAppearance').length === 1")

    async with visit("crossgate-order-port", who="shown") as page:
        order = page.get_by_role("button", name="Order", exact=True)
        await expect(order).to_have_css("background-color", "rgb(102, 51, 153)")


async def test_unreadable_colours_are_refused_at_their_field(visit: Open) -> None:
    """The gateway compares the pair. The field with its message has the focus, in the language of the page."""
    async with visit("crossgate-settings", who="partner", locale="de") as page:
        form = page.locator("crossgate-appearance-form")
        await form.get_by_label("Akzentfarbe: auswählen", exact=True).fill("#f59e0b")
        await expect(form.get_by_label("Akzentfarbe", exact=True)).to_have_value("#f59e0b")
        text = form.get_by_label("Text auf der Akzentfarbe", exact=True)
        await text.fill("#ffffff")
        await form.get_by_label("Eckenradius").fill("1.5")
        await form.get_by_role("button", name="Dieses Aussehen verwenden").click()
        radius = form.get_by_label("Eckenradius")
        await expect(radius).to_be_focused()
        await radius.fill("1")
        await form.get_by_role("button", name="Dieses Aussehen verwenden").click()
        await expect(text).to_be_focused()
        await expect(form.get_by_text("Der Kontrast ist 2.14:1. Nötig sind mindestens 4.5:1.")).to_be_visible()


async def test_looks_that_someone_else_has_saved_are_not_overwritten(visit: Open, portal: Host) -> None:
    """Saving says so, and shows what is stored now."""
    async with visit("crossgate-settings", who="partner") as page:
        form = page.locator("crossgate-appearance-form")
        await form.get_by_label("Name of the portal").fill("Mine")
        store(portal, productName="Theirs")
        await form.get_by_role("button", name="Use this appearance").click()
        await expect(form.get_by_role("alert")).not_to_be_empty()
        await expect(form.get_by_label("Name of the portal")).to_have_value("Theirs")


async def test_logo_is_uploaded_with_the_looks_and_removed_V52(visit: Open, portal: Host) -> None:
    """A file that is no picture is refused at its field. The stored logo stays until it's removed."""
    stored = "{ viewer { company { portalAppearance { productName logo { width } } } } }"
    async with visit("crossgate-settings", who="partner", expects=("415",)) as page:
        form = page.locator("crossgate-appearance-form")
        save, logo = form.get_by_role("button", name="Use this appearance"), form.get_by_label("Logo, as PNG or JPEG")
        await logo.set_input_files(FilePayload(name="logo.png", mimeType="image/png", buffer=b"no picture"))
        await save.click()
        await expect(logo).to_be_focused()
        await expect(form.locator("#logo-errors")).not_to_be_empty()
        await logo.set_input_files(FilePayload(name="logo.png", mimeType="image/png", buffer=picture(size=(120, 120))))
        await save.click()
        await expect(form.get_by_text("Saved.")).to_be_visible(timeout=BEFORE_A_REFRESH)
        await form.get_by_label("Name of the portal").fill("Nordic Ports")
        await save.click()
        await expect(form.get_by_label("Name of the portal")).to_have_js_property("defaultValue", "Nordic Ports")
        kept = portal.gateway.as_partner(stored)["viewer"]["company"]["portalAppearance"]
        await form.get_by_label("Show no logo").check()
        await save.click()
        await expect(form.get_by_label("Show no logo")).to_have_count(0)
        removed = portal.gateway.as_partner(stored)["viewer"]["company"]["portalAppearance"]

    assert {"productName": "Nordic Ports", "logo": {"width": 120}} == kept
    assert {"productName": "Nordic Ports", "logo": None} == removed


async def test_account_edits_no_looks_V9(visit: Open) -> None:
    """Only those who can save the looks have the form."""
    async with visit("crossgate-settings", who="shown") as page:
        await expect(page.get_by_role("heading", level=2)).to_be_visible()
        await expect(page.get_by_text("Loading …")).to_have_count(0)
        await expect(page.locator("crossgate-appearance-form")).to_have_count(0)
