"""The panel "Visibility" in a real browser: hidden values, their rules, view-as and comparisons."""

from __future__ import annotations

import re
from typing import Final

from playwright.async_api import Locator, expect

from tests.portal.test_graphiql import AUDIT, AXE, each_scheme
from tests.portal.visit import Visit

PRICES: Final = "ports.nodes.*.monthlyRate"
REASON: Final = "The partner that manages the account hasn't enabled it."
CHOSEN: Final = """() => {
  const { editor } = globalThis.__MONACO;
  const shown = editor.getEditors().find((one) => one.getModel()?.uri.path.endsWith("response.json"));
  return shown.getModel().getValueInRange(shown.getSelection());
}"""


async def panel(visit: Visit) -> Locator:
    """Open the panel."""
    await visit.page.get_by_role("button", name=re.compile("Show Visibility")).click()
    return visit.page.get_by_role("region", name="Visibility")


async def viewing_as_hidden(visit: Visit) -> Locator:
    """Open the panel for a partner that has queried ports as its account, whose prices are hidden."""
    await visit.sign_in("admin@partner.example")
    shown = await panel(visit)
    await shown.get_by_label("View as", exact=True).select_option(label="Quillmere Foods")
    await expect(visit.page.get_by_text("Viewing as Quillmere Foods")).to_be_visible()
    await visit.run_query()
    return shown


async def test_hidden_values_are_listed_located_and_explained(visit: Visit) -> None:
    """A partner views as its account. It finds the hidden price in the answer, and the rule that hides it."""
    shown = await viewing_as_hidden(visit)

    await expect(shown.get_by_text(REASON, exact=True)).to_be_visible()
    await shown.get_by_role("button", name=PRICES).click()
    chosen = await visit.page.evaluate(CHOSEN)
    await shown.get_by_role("button", name="Why?").click()

    assert '"monthlyRate": null' == chosen
    await expect(shown.get_by_text("(HIDDEN_BY_PARTNER)", exact=False)).to_be_visible()
    rule = shown.get_by_role("listitem").filter(has_text="DENY holds").get_by_role("link", name=re.compile(r"port\.polar:\d+"))
    async with visit.page.context.expect_page() as opening:
        await rule.first.click()
    await expect((await opening.value).get_by_role("heading", name="port.polar")).to_be_visible()


async def test_viewer_without_an_administrator_role_reads_the_reason_only(visit: Visit) -> None:
    """A managed account sees why its prices are hidden, but not the rule."""
    await visit.sign_in("hidden@managed.example")
    shown = await panel(visit)
    await visit.run_query()

    await shown.get_by_role("button", name="Why?").click()

    await expect(shown.get_by_text("(HIDDEN_BY_PARTNER)", exact=False)).to_be_visible()
    await expect(shown.get_by_text("Only administrators of this viewer see the rules.")).to_be_visible()


async def test_two_viewers_are_compared(visit: Visit) -> None:
    """The differences between the account's and its partner's answers are side by side, by name, with reasons and without values."""
    shown = await viewing_as_hidden(visit)

    await shown.get_by_role("button", name="Compare").click()

    difference = shown.get_by_role("status", name="Differences").get_by_role("row").filter(has_text="monthlyRate").first
    await expect(difference.get_by_role("rowheader")).to_have_text("ports › nodes › all › monthlyRate")
    await expect(difference.get_by_role("cell")).to_have_text([REASON, "visible"])


async def test_only_what_exists_is_viewed_as(visit: Visit) -> None:
    """An ID that doesn't exist is reported at once, and the user stays as it is. One that does is shown by its name."""
    await visit.sign_in("admin@partner.example")
    shown = await panel(visit)
    field, view = (
        shown.get_by_label("ID of a company or a user to view as"),
        shown.get_by_role("button", name="View", exact=True),
    )
    account = await shown.get_by_role("option", name="Quillmere Foods").first.get_attribute("value")
    for wrong, problem in (("nobody", "You can't view as this company or user"), ("no \u20ac", "An ID has only letters")):
        await field.fill(wrong)
        await view.click()
        await expect(shown.get_by_role("alert")).to_contain_text(problem)
        await expect(visit.page.get_by_text("Viewing as")).to_have_count(0)

    await field.fill(f" {account} ")
    await view.click()

    await expect(visit.page.get_by_text("Viewing as Quillmere Foods")).to_be_visible()
    await expect(shown.get_by_role("alert")).to_be_empty()


async def test_view_as_ends(visit: Visit) -> None:
    """Signing in as another user, or stopping, ends view-as."""
    await viewing_as_hidden(visit)

    await visit.page.get_by_role("button", name="Stop").click()
    answer = await visit.run_query()

    assert "redactions" not in answer.get("extensions", {})
    await expect(visit.page.get_by_text("Viewing as")).to_have_count(0)


async def test_panel_is_accessible_and_keeps_its_buttons_beside_the_reasons(visit: Visit) -> None:
    """The audit finds nothing serious in the list, its rules and a comparison. A reason begins below its path, left of its button."""
    shown = await viewing_as_hidden(visit)
    await visit.page.evaluate(AXE.read_text("utf-8"))
    reason, why = shown.get_by_text(REASON, exact=True), shown.get_by_role("button", name="Why?")
    async for _ in each_scheme(visit.page):
        path_box, reason_box, why_box = [
            await each.bounding_box() for each in (shown.get_by_role("button", name=PRICES), reason, why)
        ]
        assert path_box
        assert reason_box
        assert why_box
        assert path_box["y"] + path_box["height"] <= reason_box["y"]
        assert reason_box["x"] + reason_box["width"] <= why_box["x"]
    await why.click()
    await expect(shown.get_by_role("listitem").filter(has_text="DENY holds").first).to_be_visible()
    await shown.get_by_role("button", name="Compare").click()
    await expect(shown.get_by_role("status", name="Differences").get_by_role("table")).to_be_visible()

    async for scheme in each_scheme(visit.page):
        assert (scheme, []) == (scheme, await visit.page.evaluate(AUDIT))
