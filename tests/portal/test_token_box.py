"""The box for a token in GraphiQL outside development: the page asks as the token's owner, and keeps the token to itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Locator, Request, expect

from models.embedded import Embedded
from tests import plain_http
from tests.portal.conftest import PATIENCE, visiting
from tests.portal.test_graphiql import AUDIT, AXE, each_scheme
from tests.portal.visit import Visit
from tests.rules.identity import PASSWORD, market_with_password
from tests.served import served

EMAIL: Final = "admin@direct.example"
KEY_NAME: Final = "Monitoring script"
SIGN_IN: Final = "mutation ($input: SignInInput!) { signIn(input: $input) { tokens { accessToken } } }"
CREATE: Final = "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } secret } }"
REVOKE: Final = "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { userErrors { code } } }"
WHO: Final = "query Who { viewer { user { name email } } }"
STORED: Final = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href, history.state])"
SET_HEADERS: Final = """(text) => globalThis.__MONACO?.editor.getModels().find(
  (model) => model.uri.path.endsWith("request-headers.json")
).setValue(text)"""
REFUSED: Final = "The gateway doesn't accept this token. It may be incomplete, revoked or expired."


@pytest.fixture(scope="module")
async def own_market(postgres: Embedded, demo: str) -> AsyncIterator[str]:
    """The URL of a sample market in which one administrator has a password."""
    async with market_with_password(postgres, demo, EMAIL) as url:
        yield url


@pytest.fixture(scope="module")
def url(own_market: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway in production."""
    with served(own_market, tmp_path_factory.mktemp("tokens")) as url:
        yield url


@pytest.fixture
async def visitor(chromium: Browser, url: str) -> AsyncIterator[Visit]:
    """A window of a visitor."""
    async with visiting(chromium, url) as visit:
        yield visit


@pytest.fixture(scope="module")
async def access_token(url: str) -> str:
    """An access token of the administrator, who has just signed in."""
    payload = (await sent(url, SIGN_IN, email=EMAIL, password=PASSWORD))["signIn"]
    token: str = payload["tokens"]["accessToken"]
    return token


@pytest.fixture(scope="module")
async def api_key(url: str, access_token: str) -> str:
    """The secret of an API key."""
    secret: str = (await created(url, access_token))["secret"]
    return secret


async def sent(url: str, document: str, token: str | None = None, **values: Any) -> dict[str, Any]:
    """Send a mutation from outside the page, and return its data."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with plain_http.client() as client:
        answer = await client.post(f"{url}/graphql", json={"query": document, "variables": {"input": values}}, headers=headers)
    data: dict[str, Any] = answer.json()["data"]
    return data


async def created(url: str, access_token: str) -> dict[str, Any]:
    """Create an API key."""
    payload: dict[str, Any] = (await sent(url, CREATE, access_token, name=KEY_NAME, roles=["NETWORK_ADMIN"]))["createApiKey"]
    return payload


def opener(visit: Visit) -> Locator:
    return visit.page.get_by_role("button", name="Use a token")


def forgetter(visit: Visit) -> Locator:
    return visit.page.get_by_role("button", name="Forget the token")


def field(visit: Visit) -> Locator:
    return visit.page.get_by_label("Access token or API key")


def owner(visit: Visit) -> Locator:
    return visit.page.get_by_role("status", name="Token in use")


async def try_token(visit: Visit, token: str) -> None:
    """Open the box, enter a token and apply it, with the keyboard only."""
    await opener(visit).press("Enter")
    await expect(field(visit)).to_be_focused()
    await visit.page.keyboard.insert_text(token)
    await visit.page.keyboard.press("Enter")


async def use_token(visit: Visit, token: str) -> None:
    """Use a token, and wait until the page has fetched the schema of its owner."""
    async with visit.page.expect_response(lambda answer: is_schema_for(answer.request, token)):
        await try_token(visit, token)


def is_schema_for(request: Request, token: str) -> bool:
    return request.headers.get("authorization") == f"Bearer {token}" and "__schema" in (request.post_data or "")


async def test_user_asks_as_itself_with_an_access_token(visitor: Visit, access_token: str) -> None:
    """The bar says whose token it is. After forgetting it the page asks as a visitor, and the focus is still on the button."""
    await try_token(visitor, f"Bearer {access_token}")  # as people copy it
    await expect(owner(visitor)).to_have_text(f"Token of {EMAIL}")
    await expect(forgetter(visitor)).to_be_focused()
    await visitor.write(WHO)
    answer = await visitor.run_query()
    await forgetter(visitor).press("Enter")
    await expect(opener(visitor)).to_be_focused()
    await expect(owner(visitor)).to_be_empty()

    assert EMAIL == answer["data"]["viewer"]["user"]["email"]
    assert (await visitor.run_query())["data"]["viewer"]["user"] is None


async def test_program_is_named_and_follows_events_with_its_api_key_V51(visitor: Visit, api_key: str) -> None:
    """A key has no address, so the bar has its own name. A subscription sends the key too."""
    said = list[str | bytes]()
    visitor.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: said.append(frame)))
    await use_token(visitor, api_key)
    await visitor.write("subscription { portUpdated { name } }")
    await visitor.follow()

    await expect(owner(visitor)).to_contain_text(f"Token of {KEY_NAME}, ")
    assert f"Bearer {api_key}" in str(said[0])


async def test_token_is_in_no_storage_address_link_command_or_log(visitor: Visit, api_key: str) -> None:
    """Only the header has it. The command takes the token from a variable, and a reload forgets it."""
    page, addresses, logged = visitor.page, list[str](), list[str]()
    page.on("request", lambda request: addresses.append(request.url))
    page.on("console", lambda message: logged.append(message.text))
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await use_token(visitor, api_key)
    await visitor.write(WHO)
    answer = await visitor.run_query()
    copied = {}
    for what, button in {"link": "Copy a link to this query", "command": "Copy as cURL"}.items():
        await page.get_by_role("button", name=button).click()
        await expect(page.get_by_role("status", name="Copied")).to_have_text(f"Copied a {what}.")
        copied[what] = await page.evaluate("navigator.clipboard.readText()")
    stored, shown = await page.evaluate(STORED), await page.content()
    await visitor.reload()

    await expect(opener(visitor)).to_be_visible()
    assert KEY_NAME == answer["data"]["viewer"]["user"]["name"]
    assert [] == [text for text in (*addresses, *logged, *copied.values(), stored, shown) if api_key in text]
    assert "$TOKEN" in copied["command"]


async def test_refused_token_is_explained_and_the_box_stays_open(visitor: Visit, access_token: str) -> None:
    """The sentence describes the field, which keeps the focus. The page still asks as a visitor. Another token then works."""
    for token in ("cgk_nothing", "two words", "naïve"):
        await try_token(visitor, token)

        await expect(visitor.page.get_by_role("form", name="Use a token").get_by_role("alert")).to_have_text(REFUSED)
        await expect(field(visitor)).to_be_focused()
        await expect(field(visitor)).to_have_attribute("aria-invalid", "true")
        await expect(owner(visitor)).to_be_empty()
        assert all("401" in complaint for complaint in visitor.complaints)
        visitor.complaints.clear()

        await field(visitor).fill(access_token)
        await field(visitor).press("Enter")
        await expect(owner(visitor)).to_have_text(f"Token of {EMAIL}")
        await expect(field(visitor)).to_have_count(0)
        await forgetter(visitor).press("Enter")


async def test_key_that_is_revoked_in_use_is_forgotten_V51(visitor: Visit, url: str, access_token: str) -> None:
    """The bar says so, and the box takes another token. The operation isn't sent again as a visitor."""
    key = await created(url, access_token)
    await use_token(visitor, key["secret"])
    await visitor.write("mutation Read { markNotificationsRead(input: {}) { userErrors { code } } }")
    await sent(url, REVOKE, access_token, id=key["apiKey"]["id"])
    sent_operations = list[str]()
    visitor.page.on("request", lambda request: sent_operations.append(request.post_data or ""))
    async with visitor.page.expect_response(lambda answer: answer.status == 401):
        await visitor.page.get_by_role("button", name="Execute query").click()

    await expect(visitor.page.get_by_role("banner").get_by_role("alert")).to_have_text(
        "The gateway no longer accepts your token."
    )
    await expect(opener(visitor)).to_be_visible()
    assert 1 == sum("mutation Read" in body for body in sent_operations)
    assert all("401" in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()


async def test_refused_header_of_a_tab_leaves_the_token_in_use(visitor: Visit, access_token: str) -> None:
    """A subscription that sends its own header, from the Headers tab, says nothing about the token in the box."""
    await use_token(visitor, access_token)
    await visitor.page.evaluate(SET_HEADERS, '{"Authorization": "Bearer cgk_nothing"}')
    await visitor.write("subscription { portUpdated { name } }")
    closed = asyncio.Event()
    visitor.page.on("websocket", lambda socket: socket.on("close", lambda _: closed.set()))
    await visitor.page.get_by_role("button", name="Execute query").click()
    await asyncio.wait_for(closed.wait(), PATIENCE / 1000)
    await visitor.page.get_by_role("button", name="Stop query").click()

    await expect(visitor.page.get_by_role("banner").get_by_role("alert")).to_be_empty()
    await expect(owner(visitor)).to_have_text(f"Token of {EMAIL}")


async def test_escape_closes_the_box_and_forgets_what_was_typed(visitor: Visit) -> None:
    """The focus returns to the button, which says whether the box is open."""
    await opener(visitor).press("Enter")
    await field(visitor).fill("cgk_half")
    await expect(opener(visitor)).to_have_attribute("aria-expanded", "true")
    await visitor.page.keyboard.press("Escape")

    await expect(opener(visitor)).to_be_focused()
    await expect(opener(visitor)).to_have_attribute("aria-expanded", "false")
    await opener(visitor).press("Enter")
    await expect(field(visitor)).to_be_empty()
    await expect(field(visitor)).to_have_attribute("type", "password")
    await expect(field(visitor)).to_have_attribute("autocomplete", "off")


async def test_box_is_accessible_and_fits_a_telephone(visitor: Visit, access_token: str) -> None:
    """The audit finds nothing serious in the box with its error, or in the bar with the owner. Nothing scrolls sideways."""
    page = visitor.page
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.evaluate(AXE.read_text("utf-8"))
    await try_token(visitor, "two words")
    await expect(page.get_by_role("form", name="Use a token").get_by_role("alert")).to_be_visible()
    async for scheme in each_scheme(page):
        for shown in (opener(visitor), page.get_by_role("link", name="Sign in"), page.get_by_role("form", name="Use a token")):
            await expect(shown).to_be_in_viewport(ratio=1)
        assert (scheme, []) == (scheme, await page.evaluate(AUDIT))

    await field(visitor).fill(access_token)
    await field(visitor).press("Enter")
    async for scheme in each_scheme(page):
        await expect(owner(visitor)).to_be_in_viewport(ratio=1)
        await expect(forgetter(visitor)).to_be_in_viewport(ratio=1)
        assert (scheme, []) == (scheme, await page.evaluate(AUDIT))
        assert 320 == await page.evaluate("document.documentElement.scrollWidth")


async def test_development_has_no_box(visit: Visit) -> None:
    """A developer chooses a viewer in the menu instead."""
    await expect(visit.menu_button).to_be_visible()
    await expect(opener(visit)).to_have_count(0)
