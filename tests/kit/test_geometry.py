"""Texts of all elements stay inside their boxes, never cover each other, and start on the side that their language is read from.

Words of German are long, and Arabic is read from right to left. Positions are compared within one page, so fonts don't matter.
"""

from __future__ import annotations

from typing import Final

import pytest
from playwright.async_api import Page, expect

from tests.kit.conftest import Open
from tests.kit.test_looks import TAGS, shown

ZOOM: Final = "(zoom) => document.documentElement.style.setProperty('zoom', zoom)"
TEXTS: Final = """
  const close = 1.5; // pixels
  const texts = [];
  for (const element of document.querySelectorAll("main > *")) {
    if (!element.shadowRoot) continue;
    const walker = document.createTreeWalker(element.shadowRoot, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!node.data.trim() || !parent || parent.closest(".unseen, select, option, style")) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) {
        if (box.width > close && box.height > close) texts.push({ element, parent, box, text: node.data.trim() });
      }
    }
  }
  const shownAs = ({ element, text }) => `${element.localName}: ${text}`;
"""
OUTSIDE: Final = (
    "() => {"
    + TEXTS
    + """
  const isOutside = ({ parent, box }) => {
    for (let around = parent; around; around = around.parentElement) {
      const { left, right } = around.getBoundingClientRect();
      if (getComputedStyle(around).display !== "inline" && (box.left < left - close || box.right > right + close)) return true;
    }
    return box.left < -close || box.right > document.documentElement.clientWidth + close;
  };
  return texts.filter(isOutside).map(shownAs);
}"""
)
COVERED: Final = (
    "() => {"
    + TEXTS
    + """
  texts.sort((one, other) => one.box.top - other.box.top);
  const covered = [];
  texts.forEach((one, index) => {
    for (const other of texts.slice(index + 1)) {
      if (other.box.top >= one.box.bottom - close) break;
      const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const down = Math.min(one.box.bottom, other.box.bottom) - other.box.top;
      // Lines of a narrow line height touch, so only a good part of a line counts.
      const isCovered = across > close && down > 0.3 * Math.min(one.box.height, other.box.height);
      if (isCovered) covered.push(`${shownAs(one)} / ${shownAs(other)}`);
    }
  });
  return covered;
}"""
)
STARTS: Final = (
    "() => {"
    + TEXTS
    + """
  const blocks = new Map();
  for (const { element, parent, box, text } of texts) {
    const block = parent.closest("h2, h3, dt, dd, .field > label");
    if (!block) continue;
    const { left, right, texts: others } = blocks.get(block) ?? { left: Infinity, right: -Infinity, texts: [] };
    const found = { left: Math.min(left, box.left), right: Math.max(right, box.right), texts: [...others, text], element };
    blocks.set(block, found);
  }
  const startsRight = ([block, { left, right }]) => {
    const around = block.getBoundingClientRect();
    const isRightToLeft = getComputedStyle(block).direction === "rtl";
    return Math.abs(isRightToLeft ? around.right - right : left - around.left) < close;
  };
  const wrong = [...blocks].filter((each) => !startsRight(each));
  const rows = Array.from(document.querySelectorAll("main > *")).flatMap((element) =>
    Array.from(element.shadowRoot?.querySelectorAll("header") ?? []));
  const isMirrored = (row) => {
    const [first, last] = [row.firstElementChild, row.lastElementChild].map((each) => each.getBoundingClientRect());
    if (first === last || last.top >= first.bottom) return true; // in two lines
    return getComputedStyle(row).direction === "rtl" ? first.right >= last.right : first.left <= last.left;
  };
  return [wrong.map(([, found]) => found.texts.join(" ")), rows.filter((row) => !isMirrored(row)).length, blocks.size > 20];
}"""
)
OPENED: Final = {
    "crossgate-ports li:nth-child(1) .quiet": "crossgate-ports li:nth-child(1) input",
    "crossgate-ports li:nth-child(2) .danger": "crossgate-ports li:nth-child(2) [role=group]",
    "crossgate-connections button.new": "crossgate-connections form.new select:focus",
    "crossgate-offers .actions button": "crossgate-offers form",
    "crossgate-order-port form button": "crossgate-order-port .error",
}  # by the button that opens it


async def opened(page: Page) -> None:
    """Open what the elements have in a form or a question of its own, and show errors of the order.

    One after the other, since what opens moves the other buttons, and a button that moves while it's pressed isn't clicked.
    """
    for control, content in OPENED.items():
        await page.locator(control).first.click()
        await expect(page.locator(content).first).to_be_visible()


BROKEN: Final = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    h3 { white-space: nowrap; margin-inline-start: 100%; }
    dd { margin-block-start: -1.4em; }
    h2 { text-align: left; }
  `);
  document.querySelector("crossgate-ports").shadowRoot.adoptedStyleSheets.push(sheet);
}"""


@pytest.mark.parametrize("locale", ["en", "de", "ar"])
async def test_texts_neither_leave_their_boxes_nor_cover_each_other(visit: Open, locale: str) -> None:
    """In each language, on a phone, at twice the size and on a desktop, with forms and errors open, of the partner's pages."""
    async with visit(*TAGS, who="partner", width=320, locale=locale, refresh=3600) as page:
        await shown(page, locale)
        await opened(page)
        for width, zoom in ((320, 1), (640, 2), (1280, 1)):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.evaluate(ZOOM, str(zoom))

            assert (width, [], []) == (width, await page.evaluate(OUTSIDE), await page.evaluate(COVERED))
            assert (width, [[], 0, True]) == (width, await page.evaluate(STARTS))


async def test_checks_of_the_geometry_can_fail(visit: Open) -> None:
    """A heading that can't wrap leaves its card, cards without a gap cover each other, and a fixed alignment isn't mirrored."""
    async with visit("crossgate-ports", who="partner", width=320, locale="ar", refresh=3600) as page:
        await shown(page, "ar", many=1)
        assert [] == await page.evaluate(OUTSIDE)
        await page.evaluate(BROKEN)

        starts = await page.evaluate(STARTS)
        assert all([await page.evaluate(OUTSIDE), await page.evaluate(COVERED), starts[0]])
