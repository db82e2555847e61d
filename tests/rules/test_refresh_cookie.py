"""The refresh token as a cookie: where it is set, where it counts, and how it is removed."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any, Final

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client
from tests.factory import Factory
from tests.rules.identity import PASSWORD, TOKENS, person, sign_in

PATH: Final = "/graphql/refresh"
NAME: Final = "crossgate_refresh"
SIGN_IN: Final = f"mutation ($input: SignInInput!) {{ signIn(input: $input) {{ {TOKENS} userErrors {{ code }} }} }}"
REFRESH: Final = f"mutation {{ refreshTokens(input: {{}}) {{ {TOKENS} userErrors {{ code }} }} }}"
SIGN_OUT: Final = "mutation { signOut { signedOut userErrors { code } } }"
REFUSED: Final = {"tokens": None, "userErrors": [{"code": "INVALID_REFRESH_TOKEN"}]}


async def post(client: Client, path: str, query: str, cookie: str | None = None, **variables: Any) -> httpx.Response:
    """Send a mutation, with a refresh cookie if there is one."""
    headers = {} if cookie is None else {"Cookie": f"other=1; {NAME}={cookie}"}
    return await client.http.post(path, json={"query": query, "variables": variables}, headers=headers)


async def sign_in_with_cookie(client: Client, email: str, path: str = "/graphql", cookie: str | None = None) -> httpx.Response:
    """Sign in with `cookie: true`."""
    return await post(client, path, SIGN_IN, cookie, input={"email": email, "password": PASSWORD, "cookie": True})


def cookie_of(response: httpx.Response) -> Any:
    """Return the refresh cookie that a response sets, and its attributes."""
    client_cookies = SimpleCookie(response.headers.get("Set-Cookie", ""))
    return client_cookies.get(NAME)


@pytest.fixture(autouse=True)
def _without_a_jar(client: Client) -> None:
    """Keep httpx from sending cookies by itself."""
    client.http.cookies.clear()


async def test_cookie_is_for_the_refreshing_path_alone_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """It's HttpOnly, Secure and SameSite=Strict, and the answer doesn't have the token."""
    response = await sign_in_with_cookie(client, (await person(factory, rules_engine)).email)

    cookie = cookie_of(response)
    attributes = [cookie[name] for name in ("path", "httponly", "secure", "samesite", "domain", "max-age")]
    assert [PATH, True, True, "Strict", "", str(30 * 24 * 60 * 60)] == attributes
    assert response.json()["data"]["signIn"]["tokens"]["refreshToken"] is None
    assert cookie.value not in response.text


async def test_cookie_refreshes_at_its_path_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Each refresh sets the next cookie."""
    first = cookie_of(await sign_in_with_cookie(client, (await person(factory, rules_engine)).email)).value

    response = await post(client, PATH, REFRESH, first)
    second = cookie_of(response).value
    again = await post(client, PATH, REFRESH, second)

    tokens = [each.json()["data"]["refreshTokens"]["tokens"] for each in (response, again)]
    assert [None, None] == [each["refreshToken"] for each in tokens]
    assert 3 == len({first, second, cookie_of(again).value})


async def test_cookie_counts_nowhere_else_V59(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """At `/graphql` it's ignored, and it stays good."""
    cookie = cookie_of(await sign_in_with_cookie(client, (await person(factory, rules_engine)).email)).value

    elsewhere = await post(client, "/graphql", REFRESH, cookie)
    signed_out = await post(client, "/graphql", SIGN_OUT, cookie)
    there = await post(client, PATH, REFRESH, cookie)

    assert REFUSED == elsewhere.json()["data"]["refreshTokens"]
    assert {"signedOut": False, "userErrors": []} == signed_out.json()["data"]["signOut"]
    assert [] == there.json()["data"]["refreshTokens"]["userErrors"]


async def test_cookie_is_not_an_access_token_V59(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A request with only the cookie is a visitor's, also at its path."""
    cookie = cookie_of(await sign_in_with_cookie(client, (await person(factory, rules_engine)).email)).value

    response = await post(client, PATH, "{ viewer { user { id } sessions { id } } }", cookie)

    assert {"viewer": {"user": None, "sessions": []}} == response.json()["data"]


async def test_sign_out_removes_the_cookie_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A page whose access token has expired signs out at the cookie's path."""
    cookie = cookie_of(await sign_in_with_cookie(client, (await person(factory, rules_engine)).email)).value

    response = await post(client, PATH, SIGN_OUT, cookie)

    removed = cookie_of(response)
    assert {"signedOut": True, "userErrors": []} == response.json()["data"]["signOut"]
    assert ["", "0", PATH] == [removed.value, removed["max-age"], removed["path"]]
    assert REFUSED == (await post(client, PATH, REFRESH, cookie)).json()["data"]["refreshTokens"]


async def test_new_cookie_ends_the_session_of_the_one_it_replaces_V44(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A browser that signs in at the cookie's path has one session, whoever had signed in before. Those elsewhere go on."""
    first, second = await person(factory, rules_engine), await person(factory, rules_engine)
    elsewhere, replaced = [cookie_of(await sign_in_with_cookie(client, first.email)).value for _ in range(2)]

    cookies = [replaced]
    for user in (first, second):
        cookies.append(cookie_of(await sign_in_with_cookie(client, user.email, PATH, cookies[-1])).value)
    answers = [await post(client, PATH, REFRESH, cookie) for cookie in (*cookies, elsewhere)]

    refreshed = [answer.json()["data"]["refreshTokens"]["tokens"] is not None for answer in answers]
    assert [False, False, True, True] == refreshed


async def test_failed_sign_in_keeps_the_session_of_the_cookie_V44(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Nobody is signed out by a wrong password."""
    cookie = cookie_of(await sign_in_with_cookie(client, (await person(factory, rules_engine)).email)).value

    await post(client, PATH, SIGN_IN, cookie, input={"email": "nobody@sample.example", "password": PASSWORD, "cookie": True})

    assert [] == (await post(client, PATH, REFRESH, cookie)).json()["data"]["refreshTokens"]["userErrors"]


async def test_refused_cookie_is_removed_V44(client: Client) -> None:
    """A page isn't left with a cookie that never works again."""
    response = await post(client, PATH, REFRESH, "cgr_stolen")

    assert ["", "0"] == [cookie_of(response).value, cookie_of(response)["max-age"]]


@pytest.mark.parametrize("cookie", ["", '"', "a=b;c", "\x7f", "x" * 20_000])
async def test_hostile_cookies_are_refused_V44(client: Client, cookie: str) -> None:
    """Whatever a client sends as a cookie is a wrong token."""
    response = await post(client, PATH, REFRESH, cookie)

    assert (200, REFUSED) == (response.status_code, response.json()["data"]["refreshTokens"])


async def test_pages_of_other_origins_cannot_send_the_cookie_V44(client: Client) -> None:
    """CORS allows every origin, and credentials for none."""
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}

    response = await client.http.options(PATH, headers=preflight | {"Access-Control-Request-Headers": "content-type"})

    assert "Access-Control-Allow-Credentials" not in response.headers


async def test_without_cookie_nothing_is_set_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """An app that stores its token itself gets it in the answer."""
    user = await person(factory, rules_engine)
    response = await post(client, "/graphql", SIGN_IN, input={"email": user.email, "password": PASSWORD})

    assert "Set-Cookie" not in response.headers
    assert (await sign_in(client, user.email))["refreshToken"]
