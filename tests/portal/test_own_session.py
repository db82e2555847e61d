"""GraphiQL outside development: a developer signs in with a password and asks as itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from playwright.async_api import Browser, Request, Response, Route, expect

from models.embedded import Embedded
from tests.portal.conftest import visiting
from tests.portal.visit import Visit
from tests.rules.identity import PASSWORD, market_with_password
from tests.served import served

EMAIL = "network@direct.example"
REFRESHES = "/graphql/refresh"
WHO = "query WhoAmI"


@pytest.fixture(scope="module")
async def own_market(postgres: Embedded, demo: str) -> AsyncIterator[str]:
    """The URL of a sample market in which one user has a password."""
    async with market_with_password(postgres, demo, EMAIL) as url:
        yield url


@pytest.fixture(scope="module")
def url(own_market: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway in production."""
    with served(own_market, tmp_path_factory.mktemp("own")) as url:
        yield url


@pytest.fixture
async def signed_in(chromium: Browser, url: str) -> AsyncIterator[Visit]:
    """A window in which a developer came from GraphiQL to the sign-in page, and back with a session."""
    async with visiting(chromium, url) as visit:
        await visit.page.get_by_role("link", name="Sign in").click()
        await visit.page.get_by_label("Email address").fill(EMAIL)
        await visit.page.get_by_label("Password").fill(PASSWORD)
        await visit.page.get_by_label("Password").press("Enter")
        await expect(visit.menu_button).to_have_text(f"Signed in as {EMAIL}")
        await visit.ready()
        yield visit


async def test_developer_asks_as_itself_until_it_signs_out(signed_in: Visit) -> None:
    """The session survives a reload. After signing out the page asks as a visitor, also when it is loaded again."""
    await signed_in.reload()
    await signed_in.open_tab("WhoAmI")
    answer = await signed_in.run_query()
    await signed_in.menu_button.click()
    await signed_in.page.get_by_role("menuitem", name="Sign out").click()
    link = signed_in.page.get_by_role("link", name="Sign in")
    await expect(link).to_be_visible()
    await signed_in.reload()

    await expect(link).to_be_visible()
    assert answer["data"]["viewer"]["user"]["email"] == EMAIL
    await signed_in.open_tab("WhoAmI")
    assert (await signed_in.run_query())["data"]["viewer"]["user"] is None


async def test_expired_token_is_refreshed_once_V44(signed_in: Visit) -> None:
    """Two requests that find their token expired share the next one. A subscription then runs with it."""
    page, refreshes = signed_in.page, list[Request]()
    page.on("request", lambda request: refreshes.append(request) if request.url.endswith(REFRESHES) else None)
    await signed_in.open_tab("WhoAmI")
    async with page.expect_request("**/graphql") as sent:
        await signed_in.run_query()
    refused = (await sent.value).headers["authorization"]
    await page.route("**/graphql", expiry_of(refused))
    await page.get_by_role("button", name="Visibility").click()  # its panel sends a request of its own
    async with page.expect_response(lambda response: is_answered(response, WHO)) as answered:
        await page.get_by_role("button", name="Execute query").click()
    answer = await (await answered.value).json()
    await signed_in.write("subscription { portUpdated { name } }")
    await signed_in.follow()

    assert answer["data"]["viewer"]["user"]["email"] == EMAIL
    assert [1, True] == [len(refreshes), all("401" in complaint for complaint in signed_in.complaints)]
    signed_in.complaints.clear()


def is_answered(response: Response, text: str) -> bool:
    """Whether it's the successful response to a query that contains a text."""
    return response.ok and text in (response.request.post_data or "")


def expiry_of(authorization: str) -> Callable[[Route], Awaitable[None]]:
    """Refuse a token, as soon as two requests wait for an answer."""
    both = asyncio.Barrier(2)

    async def refuse(route: Route) -> None:
        if route.request.headers.get("authorization") != authorization:
            await route.continue_()
            return
        await both.wait()
        await route.fulfill(status=401, json={"errors": []})

    return refuse
