"""A request without a token is anonymous, one with a valid token is its user's, and anything else is refused."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from tests.transport.conftest import GRAPHQL, JSON, PostQuery
from tests.transport.gateway import ADA, MEMBERSHIP, REMOVED
from transport.authentication.tokens import Tokens

INVALID = "The token is not valid. Sign in again."
NOT_BEARER = "Send one token, as Authorization: Bearer TOKEN."
GONE = "The account of this token no longer exists."


def assert_refused(response: httpx.Response, message: str) -> None:
    request_id = response.headers["X-Request-ID"]
    error = {"message": message, "extensions": {"code": "UNAUTHENTICATED", "requestId": request_id}}
    assert (401, {"errors": [error]}) == (response.status_code, response.json())
    assert f'Bearer error="invalid_token", error_description="{message}"' == response.headers["WWW-Authenticate"]


async def test_request_without_authorization_is_anonymous(post: PostQuery) -> None:
    """A request without an Authorization header is served as anonymous."""
    assert (await post("{ me }")).json() == {"data": {"me": "None"}}


async def test_valid_token_identifies_the_viewer(post: PostQuery, token: str) -> None:
    """A request with a valid token is served as the token's user."""
    assert {"data": {"me": str(ADA)}} == (await post("{ me }", token=token)).json()


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
async def test_authorization_scheme_follows_http(client: httpx.AsyncClient, token: str, scheme: str) -> None:
    """The scheme is case-insensitive, and any number of spaces can follow it."""
    response = await client.get("/graphql", params={"query": "{ me }"}, headers={"Authorization": f"{scheme} {token}"})

    assert {"data": {"me": str(ADA)}} == response.json()


async def test_expired_token_is_refused(post: PostQuery, tokens: Tokens) -> None:
    """An expired token gets its own message and is not served as anonymous."""
    assert_refused(await post("{ me }", token=tokens.issue(ADA, MEMBERSHIP, -1)), "The token has expired. Sign in again.")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("Bearer swordfish", INVALID),
        ("Bearer", INVALID),
        ("Bearer eyJhbGciOiJub25lIn0.e30.", INVALID),
        ("Basic YWRhOnN3b3JkZmlzaA==", NOT_BEARER),
        ("swordfish", NOT_BEARER),
        ("", NOT_BEARER),
    ],
)
async def test_other_credentials_are_refused(client: httpx.AsyncClient, header: str, message: str) -> None:
    """Credentials of another kind are refused, and the response doesn't repeat them."""
    response = await client.get("/graphql", params={"query": "{ me }"}, headers={"Authorization": header})

    assert_refused(response, message)
    assert "swordfish" not in response.text + str(response.headers)


async def test_tampered_token_is_refused(post: PostQuery, token: str) -> None:
    """A token with one changed letter is refused."""
    letter = "A" if token[-10] != "A" else "B"

    assert_refused(await post("{ me }", token=f"{token[:-10]}{letter}{token[-9:]}"), INVALID)


async def test_two_tokens_are_refused(client: httpx.AsyncClient, token: str) -> None:
    """Two Authorization headers are ambiguous, so they are refused."""
    headers = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]

    assert_refused(await client.get("/graphql", params={"query": "{ me }"}, headers=headers), NOT_BEARER)


async def test_removed_user_is_refused(post: PostQuery, tokens: Tokens) -> None:
    """A valid token of a user who no longer exists is refused."""
    assert_refused(await post("{ me }", token=tokens.issue(REMOVED, MEMBERSHIP, 60)), GONE)


async def test_removed_membership_is_refused(post: PostQuery, tokens: Tokens) -> None:
    """A valid token of a membership that has ended is refused, even though its user still exists."""
    assert_refused(await post("{ me }", token=tokens.issue(ADA, uuid4(), 60)), GONE)


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_refusal_uses_the_accepted_media_type(post: PostQuery, accept: str) -> None:
    """A refusal has the media type that the client accepts."""
    assert f"{accept}; charset=utf-8" == (await post("{ me }", accept=accept, token="x")).headers["Content-Type"]
