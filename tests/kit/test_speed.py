"""How soon the first element is useful on a slow device, and that pages don't jump while elements load.

Times are compared with those of a page without the kit on the same machine, which asks for the same ports by itself.
"""

from __future__ import annotations

import asyncio
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.kit.conftest import Open, slow_down
from tests.kit.documents import QUERIES
from tests.kit.host import Host
from tests.kit.test_looks import LOADING, TAGS
from tests.portal.conftest import PATIENCE

ROUNDS: Final = 5
SLOWER: Final = 4.0  # times as long as the page without the kit; a second for a page that needs a quarter
JUMP: Final = 0.05  # the score of layout shifts; up to 0.1 is good by Core Web Vitals
USEFUL: Final = """window.usefulAfter = new Promise((resolve) => {
  const look = () => {
    const root = document.querySelector("crossgate-ports")?.shadowRoot ?? document;
    if (root.querySelector("article")) resolve(performance.now());
    else requestAnimationFrame(look);
  };
  look();
})"""
AFTER: Final = "What follows the element. " * 200
BARE: Final = """
const token = await (await fetch("/token?as=shown")).text();
const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
const response = await fetch("%(gateway)s/graphql", { method: "POST", headers, body: JSON.stringify({ query: `%(query)s` }) });
const main = document.querySelector("main");
for (const port of (await response.json()).data.ports.nodes) {
  const article = document.createElement("article");
  article.textContent = `${port.name} ${port.location.name} ${port.speedMbps} ${port.monthlyRate?.amount}`;
  main.append(article);
}
"""
SHIFTS: Final = """() => new Promise((resolve) => {
  let score = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) score += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => setTimeout(() => resolve(score), 100));
})"""


async def useful_after(chromium: Browser, url: str) -> float:
    """Return after how many milliseconds a page shows the first port, in a new browser window without a cache."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await slow_down(page)
    await page.add_init_script(USEFUL)
    await page.goto(url)
    async with asyncio.timeout(PATIENCE / 1000):
        after = float(await page.evaluate("usefulAfter"))
    await context.close()
    return after


async def test_first_element_is_useful_soon(chromium: Browser, portal: Host) -> None:
    """On a slow device, the list of ports needs at most a few times as long as a page that asks for the same ports by itself."""
    ports = next(each for each in QUERIES if each.name == "Ports")
    portal.script = BARE % {"gateway": portal.gateway.url, "query": ports.text.replace("$first: Int", "$first: Int = 20")}
    with_kit, without = list[float](), list[float]()
    for _ in range(ROUNDS):
        without.append(await useful_after(chromium, f"{portal.url}/page?tags=[]&as=shown&kit=no"))
        with_kit.append(await useful_after(chromium, f'{portal.url}/page?tags=["crossgate-ports"]&as=shown'))
    portal.script = ""

    assert min(with_kit) < SLOWER * min(without)


@pytest.mark.parametrize("tag", TAGS)
async def test_page_does_not_jump_while_an_element_loads(visit: Open, tag: str) -> None:
    """What follows an element stays where it is, if the page's stylesheet has the line of the docs."""
    async with visit(tag, who="partner", slow=True, after=AFTER) as page:
        await expect(page.get_by_role("heading", level=2).first).to_be_visible()
        await expect(page.get_by_text(LOADING["en"])).to_have_count(0)
        await expect(page.get_by_text("What follows the element.")).to_have_count(1)

        assert await page.evaluate(SHIFTS) < JUMP
