"""GraphiQL in a real browser: what a developer sees on the gateway's page."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, Literal

from playwright.async_api import Browser, Page, Route, expect

from tests import plain_http
from tests.conftest import Gateway
from tests.portal.conftest import window
from tests.portal.visit import QUERY_IS_SHOWN, Visit

AMOUNT = {False: r"\d+\.\d\d", True: r"\d+"}  # yen have no minor unit
EXAMPLES = ["PortsAndPrices", "Marketplace", "ManagedAccounts", "WhoAmI", "PrivateOffers"]


async def test_page_contacts_no_other_host(visit: Visit) -> None:
    """Scripts, workers, fonts, schema and answers all come from the gateway itself."""
    await visit.run_query()

    assert {visit.url} == visit.origins


async def test_other_viewer_gets_another_answer(visit: Visit) -> None:
    """Choosing another viewer runs the query again: one viewer sees the price, the other sees why it is hidden."""
    await visit.sign_in("shown@managed.example")
    shown = await visit.run_query()
    await expect(visit.hidden_values).to_be_empty()
    await visit.sign_in("hidden@managed.example")
    hidden = await visit.answer()

    prices_shown = [port["monthlyRate"] for port in shown["data"]["ports"]["nodes"]]
    prices_hidden = [port["monthlyRate"] for port in hidden["data"]["ports"]["nodes"]]
    assert [] == [price for price in prices_shown if not re.fullmatch(AMOUNT[price["currency"] == "JPY"], price["amount"])]
    assert "redactions" not in shown.get("extensions", {})
    assert [None] * len(prices_hidden) == prices_hidden
    assert hidden["extensions"]["redactions"] == [
        {"path": ["ports", "nodes", "*", "monthlyRate"], "reason": "HIDDEN_BY_PARTNER"}
    ]
    why = "The partner that manages the account hasn't enabled it. (HIDDEN_BY_PARTNER)"
    await expect(visit.hidden_values).to_have_text(f"{len(prices_hidden)} values hidden: monthlyRate — {why}")


async def test_choice_survives_a_reload(visit: Visit) -> None:
    """A reloaded page keeps the chosen viewer, with a new token. No token is ever stored."""
    await visit.sign_in("network@direct.example")
    await visit.open_tab("WhoAmI")
    await visit.run_query()

    await visit.reload()
    answer = await visit.run_query()
    stored = await visit.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")

    await expect(visit.menu_button).to_have_text("Signed in as network@direct.example")
    assert answer["data"]["viewer"]["user"]["email"] == "network@direct.example"
    assert "Bearer" not in stored
    assert "token" not in stored.lower()


async def test_answer_for_another_viewer_disappears(visit: Visit) -> None:
    """An answer in another tab disappears when the viewer changes. An answer for the same viewer stays."""
    await visit.sign_in("shown@managed.example")
    await visit.run_query()
    await visit.open_tab("WhoAmI")
    await visit.open_tab("PortsAndPrices")
    kept = await visit.answer()

    await visit.open_tab("WhoAmI")
    await visit.sign_in("hidden@managed.example")
    await visit.open_tab("PortsAndPrices")

    assert "ports" in kept["data"]
    await visit.page.wait_for_timeout(200)
    assert await visit.no_answer()


async def test_examples_are_answered_without_errors(visit: Visit) -> None:
    """Every default tab has a query that is valid for the schema and allowed for everyone."""
    answers = dict[tuple[str, str], dict[str, Any]]()
    for name in EXAMPLES:
        await visit.open_tab(name)
        answers["visitor", name] = await visit.run_query()
    await visit.sign_in("admin@partner.example")
    answers["partner", name] = await visit.answer()
    for name in EXAMPLES[:-1]:
        await visit.open_tab(name)
        assert await visit.no_answer()
        answers["partner", name] = await visit.run_query()

    parts = {which: [key for key in ("data", "errors") if key in answer] for which, answer in answers.items()}
    assert {(who, name): ["data"] for who in ("visitor", "partner") for name in EXAMPLES} == parts


async def test_page_uses_the_viewers_schema_R113(visit: Visit) -> None:
    """The page fetches the chosen viewer's schema: a partner's has the quoting tool, its account's doesn't."""
    fetched = {}
    for email in ("admin@partner.example", "hidden@managed.example"):
        schema = await visit.fetched_schema(email)
        fetched[email] = "Quote" in {kind["name"] for kind in schema["types"]}

    assert {"admin@partner.example": True, "hidden@managed.example": False} == fetched


async def test_menu_is_accessible_by_keyboard_and_by_name(visit: Visit) -> None:
    """Assistive technology learns the menu's role and the chosen viewer. The menu works without a pointer."""
    menu = visit.page.get_by_role("menu", name="Sign in as")
    choices = menu.get_by_role("menuitemradio")

    await visit.menu_button.press("Enter")
    await expect(visit.menu_button).to_have_attribute("aria-expanded", "true")
    await expect(menu.get_by_role("menuitemradio", checked=True)).to_contain_text("Anonymous visitor")
    await expect(choices.first).to_be_focused()
    await expect(choices).to_have_count(6)
    await visit.page.keyboard.press("ArrowDown")
    await expect(choices.nth(1)).to_be_focused()
    email = await choices.nth(1).locator(".viewer-item-email").inner_text()
    await visit.page.keyboard.press("Enter")

    await expect(menu).to_be_hidden()
    await expect(visit.menu_button).to_be_focused()
    await expect(visit.menu_button).to_have_accessible_name(f"Signed in as {email}")
    await visit.menu_button.press("Enter")
    await expect(menu.get_by_role("menuitemradio", checked=True)).to_contain_text(email)
    await visit.page.keyboard.press("Escape")
    await expect(visit.menu_button).to_have_attribute("aria-expanded", "false")


async def test_every_control_has_an_accessible_name(visit: Visit) -> None:
    """Assistive technology finds landmarks, one page heading, and no control without a name."""
    page = await visit.page.locator("body").aria_snapshot()

    assert re.findall(r"^\s*- (?:button|link|tab|textbox|combobox):?$", page, re.MULTILINE) == []
    assert await visit.page.get_by_role("heading", level=1).all_inner_texts() == ["Crossgate"]
    assert await visit.page.get_by_role("main").count() == 1


async def test_page_fits_the_window(visit: Visit) -> None:
    """At full and at half width, the page doesn't scroll sideways, and the viewer's name is visible."""
    await visit.sign_in("hidden@managed.example")
    await visit.run_query()

    for width in (800, 1280):
        await visit.page.set_viewport_size({"width": width, "height": 700})
        assert await visit.page.evaluate("document.documentElement.scrollWidth") == width
        await expect(visit.menu_button).to_be_in_viewport(ratio=1)
        await expect(visit.hidden_values).to_be_in_viewport(ratio=1)


async def test_failed_sign_in_is_reported(visit: Visit) -> None:
    """If signing in fails, the page is anonymous again and says why."""
    await visit.page.route("**/portal/sign-in", lambda route: route.fulfill(status=404, json={"error": "nobody"}))
    await visit.choose("admin@partner.example")

    await expect(visit.page.get_by_role("banner").get_by_role("alert")).to_have_text(
        "Could not sign in as admin@partner.example: nobody"
    )
    await expect(visit.menu_button).to_have_text("Not signed in")
    assert ["404" in complaint for complaint in visit.complaints] == [True]
    visit.complaints.clear()


async def test_expired_token_is_replaced(visit: Visit) -> None:
    """A page left open for days fetches a new token once when its token is refused, and keeps working."""
    await visit.sign_in("network@direct.example")
    await visit.refuse_next_request()
    await visit.open_tab("WhoAmI")
    answer = await visit.run_query()

    assert answer["data"]["viewer"]["user"]["email"] == "network@direct.example"
    assert ["401" in complaint for complaint in visit.complaints] == [True]
    visit.complaints.clear()


FIRST = "hidden@managed.example"
AXE = Path(__file__).parents[2] / "examples" / "portal" / "node_modules" / "axe-core" / "axe.min.js"
AUDIT = """async () => (await axe.run({exclude: ['.monaco-editor', '.graphiql-tabs']})).violations
    .filter((each) => ['serious', 'critical'].includes(each.impact))
    .map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 120))}`)"""
SPINNER = """() => {
  const spinner = document.querySelector(".graphiql-container").appendChild(document.createElement("div"));
  spinner.className = "graphiql-spinner";
  const { animationName, animationIterationCount } = getComputedStyle(spinner, "::after");
  spinner.remove();
  return [animationName, animationIterationCount];
}"""
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
MARKED = """() => globalThis.__MONACO.editor.getModelMarkers({})
    .filter((marker) => marker.severity >= 8 && marker.resource.path.endsWith('operation.graphql')).map((marker) => marker.message)"""


# Resolves once the page has the scheme, and all colours have stayed the same for some frames.
DRAWN: Final = """(scheme) => new Promise((drawn) => {
  const colours = (each) => { const style = getComputedStyle(each); return style.color + style.backgroundColor }
  const look = () => [...document.querySelectorAll("body, body *")].map(colours).join()
  let last = "", frames = 0
  const check = () => {
    const now = matchMedia(`(prefers-color-scheme: ${scheme})`).matches ? look() : ""
    frames = now && now === last ? frames + 1 : 0
    last = now
    frames < 10 ? requestAnimationFrame(check) : drawn()
  }
  check()
})"""


async def each_scheme(page: Page) -> AsyncIterator[str]:
    """Show a page in light colours and then in dark ones. Yields the scheme."""
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        await page.evaluate(DRAWN, scheme)
        yield scheme


async def test_first_visit_shows_an_answer(chromium: Browser, gateway: Gateway) -> None:
    """A developer is signed in as an account with hidden prices, whose first answer is shown, with what it cost."""
    async with window(chromium, gateway.url) as visit:
        await visit.load()
        answer = await visit.answer()

        await expect(visit.menu_button).to_have_text(f"Signed in as {FIRST}")
        await expect(visit.hidden_values).to_contain_text("monthlyRate")
        await expect(visit.page.get_by_label("Last response")).to_have_text(
            re.compile(r"^\d+ ms · [\d.]+ k?B.* · cost \d+ · planned$")
        )
        assert answer["data"]["ports"]["nodes"]
        assert [] == await visit.page.evaluate(MARKED)


async def test_query_is_shared_by_a_link_without_a_token(visit: Visit, chromium: Browser) -> None:
    """The link has the query and its variables in the fragment, which no server gets. Whoever opens it asks as themselves."""
    await visit.sign_in("shown@managed.example")
    await visit.write("query Shared { viewer { roles } }")
    await visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visit.page.get_by_role("button", name="Copy a link to this query").click()
    await expect(visit.page.get_by_role("status", name="Copied")).to_have_text("Copied a link.")
    link = await visit.page.evaluate("navigator.clipboard.readText()")

    async with window(chromium, visit.url) as other:
        await other.page.goto(link)
        await other.ready()
        await other.page.wait_for_function(QUERY_IS_SHOWN, arg="query Shared ")
        address = other.page.url

    assert ("#query=" in link, "token" in link.lower(), "#" in address) == (True, False, False)


async def test_query_is_copied_as_a_command(visit: Visit) -> None:
    """The command runs in a shell as it is. The token comes from a variable."""
    await visit.sign_in("shown@managed.example")
    await visit.write('{ companies(filter: {companyType: CLOUD}) { nodes { tradingName } } } # it\'s "quoted"')
    await visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visit.page.get_by_role("button", name="Copy as cURL").click()
    await expect(visit.page.get_by_role("status", name="Copied")).to_have_text("Copied a command.")
    command = await visit.page.evaluate("navigator.clipboard.readText()")
    async with plain_http.client(base_url=visit.url) as client:
        signed_in = (await client.post("/portal/sign-in", json={"email": FIRST}, headers={"Origin": visit.url})).json()
    done = await asyncio.create_subprocess_exec(
        "sh", "-c", command, env={**os.environ, "TOKEN": signed_in["token"], "no_proxy": "*"}, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await done.communicate()

    assert "$TOKEN" in command
    assert json.loads(output)["data"]["companies"]["nodes"] is not None


async def test_schema_is_downloaded_as_the_viewer_sees_it_R113(visit: Visit) -> None:
    """An account's has no quoting tool."""
    await visit.sign_in("hidden@managed.example")
    async with visit.page.expect_download() as downloading:
        await visit.page.get_by_role("button", name="Download the schema").click()
    download = await downloading.value
    path = await download.path()

    assert "schema.graphql" == download.suggested_filename
    assert [True, False] == [text in path.read_text("utf-8") for text in ("type Port implements Node", "type Quote ")]


async def test_page_is_accessible_and_stacked_on_a_narrow_window(visit: Visit) -> None:
    """The audit finds nothing serious outside GraphiQL's editors and tabs. Below 700 pixels the answer is below the query.

    Nothing turns without an end for somebody who asks for less motion, as all windows of these tests do.
    """
    await visit.page.set_viewport_size({"width": 600, "height": 800})
    await visit.sign_in("hidden@managed.example")
    await visit.run_query()
    await visit.page.evaluate(AXE.read_text("utf-8"))
    assert ["rotation", "1"] == await visit.page.evaluate(SPINNER)

    async for scheme in each_scheme(visit.page):
        query, answer = [
            await visit.page.get_by_role("region", name=name).bounding_box() for name in ("Operation Editor", "Result Window")
        ]
        assert query
        assert answer
        assert answer["y"] >= query["y"] + query["height"]
        assert await visit.page.evaluate("document.documentElement.scrollWidth") == 600
        assert (scheme, []) == (scheme, await visit.page.evaluate(AUDIT))


async def test_queries_after_a_mutation_name_its_position(visit: Visit) -> None:
    """So a replica that lacks the change doesn't answer them."""

    async def positioned(route: Route) -> None:
        response = await route.fetch()
        await route.fulfill(response=response, headers={**response.headers, "crossgate-position": "sealed"})

    await visit.page.route("**/graphql", positioned)
    await visit.write("{ viewer { user { name } } }")
    await visit.run_query()
    async with visit.page.expect_request("**/graphql") as sent:
        await visit.run_query()

    assert "sealed" == (await sent.value).headers["crossgate-position"]
