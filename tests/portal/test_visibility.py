"""The panel "Visibility" in a real browser: what is hidden, where, by which rule, as whom, and for whom else."""

from __future__ import annotations

import re
from typing import Final

from playwright.async_api import Locator, expect

from tests.portal.visit import Visit

PRICES: Final = "ports.nodes.*.monthlyRate"
CHOSEN: Final = """() => {
  const { editor } = globalThis.__MONACO;
  const shown = editor.getEditors().find((one) => one.getModel()?.uri.path.endsWith("response.json"));
  return shown.getModel().getValueInRange(shown.getSelection());
}"""


async def panel(visit: Visit) -> Locator:
    """The panel, opened."""
    await visit.page.get_by_role("button", name=re.compile("Show Visibility")).click()
    return visit.page.get_by_role("region", name="Visibility")


async def looking_as_hidden(visit: Visit) -> Locator:
    """The panel of a partner that has asked for ports as its account whose prices are hidden."""
    await visit.sign_in("admin@partner.example")
    shown = await panel(visit)
    await shown.get_by_label("Look as", exact=True).select_option(label="Quillmere Foods")
    await expect(visit.page.get_by_text("Looking as Quillmere Foods")).to_be_visible()
    await visit.ask()
    return shown


async def test_what_is_hidden_is_listed_found_and_explained(visit: Visit) -> None:
    """A partner looks as its account: it finds the hidden price in the answer, and the rule that hides it."""
    shown = await looking_as_hidden(visit)

    await shown.get_by_role("button", name=PRICES).click()
    chosen = await visit.page.evaluate(CHOSEN)
    await shown.get_by_role("button", name="Why?").click()

    assert '"monthlyRate": null' == chosen
    await expect(shown.get_by_text("Hidden: HIDDEN_BY_PARTNER.")).to_be_visible()
    await expect(shown.get_by_text(re.compile(r"DENY holds port\.polar:\d+"))).to_be_visible()


async def test_whoever_does_not_administer_a_viewer_is_told_the_reason_only(visit: Visit) -> None:
    """A managed account learns why its prices are hidden, and no rule."""
    await visit.sign_in("hidden@managed.example")
    shown = await panel(visit)
    await visit.ask()

    await shown.get_by_role("button", name="Why?").click()

    await expect(shown.get_by_text("Hidden: HIDDEN_BY_PARTNER.")).to_be_visible()
    await expect(shown.get_by_text("The rules are told to whoever administers this viewer.")).to_be_visible()


async def test_two_viewers_are_compared(visit: Visit) -> None:
    """What the account is answered otherwise than its partner is listed with the reason, and without a value."""
    shown = await looking_as_hidden(visit)

    await shown.get_by_role("button", name="Compare").click()

    difference = shown.get_by_role("status", name="Differences").get_by_role("listitem").filter(has_text="monthlyRate")
    await expect(difference.first).to_contain_text("HIDDEN_BY_PARTNER")


async def test_one_looks_as_oneself_again(visit: Visit) -> None:
    """Signing in as somebody else, or stopping, ends looking as another."""
    await looking_as_hidden(visit)

    await visit.page.get_by_role("button", name="Stop").click()
    answer = await visit.ask()

    assert "redactions" not in answer.get("extensions", {})
    await expect(visit.page.get_by_text("Looking as")).to_have_count(0)
