"""Who asks: a believed token, or nobody at all; anything between is refused."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from tests.transport.conftest import GRAPHQL, JSON, Ask
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


async def test_a_visitor_without_a_header_is_anonymous(ask: Ask) -> None:
    """Whoever sends no header is served as nobody."""
    assert (await ask("{ me }")).json() == {"data": {"me": "None"}}


async def test_a_token_names_its_viewer(ask: Ask, token: str) -> None:
    """Whoever sends a good token is served as its user."""
    assert {"data": {"me": str(ADA)}} == (await ask("{ me }", token=token)).json()


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
async def test_the_scheme_is_read_as_http_reads_it(client: httpx.AsyncClient, token: str, scheme: str) -> None:
    """The scheme is written in any case, and any number of spaces follow it."""
    response = await client.get("/graphql", params={"query": "{ me }"}, headers={"Authorization": f"{scheme} {token}"})

    assert {"data": {"me": str(ADA)}} == response.json()


async def test_an_expired_token_is_refused(ask: Ask, tokens: Tokens) -> None:
    """An expired token says so, and is not served as nobody."""
    assert_refused(await ask("{ me }", token=tokens.issue(ADA, MEMBERSHIP, -1)), "The token has expired. Sign in again.")


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
    """Credentials of another kind are refused, and not repeated."""
    response = await client.get("/graphql", params={"query": "{ me }"}, headers={"Authorization": header})

    assert_refused(response, message)
    assert "swordfish" not in response.text + str(response.headers)


async def test_a_tampered_token_is_refused(ask: Ask, token: str) -> None:
    """A token with one letter changed is refused."""
    letter = "A" if token[-10] != "A" else "B"

    assert_refused(await ask("{ me }", token=f"{token[:-10]}{letter}{token[-9:]}"), INVALID)


async def test_two_tokens_are_refused(client: httpx.AsyncClient, token: str) -> None:
    """Two headers leave it open who asks, and are refused."""
    headers = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]

    assert_refused(await client.get("/graphql", params={"query": "{ me }"}, headers=headers), NOT_BEARER)


async def test_a_removed_user_is_refused(ask: Ask, tokens: Tokens) -> None:
    """A good token of a user who is no longer there is refused."""
    assert_refused(await ask("{ me }", token=tokens.issue(REMOVED, MEMBERSHIP, 60)), GONE)


async def test_a_removed_membership_is_refused(ask: Ask, tokens: Tokens) -> None:
    """A good token of a membership that has ended is refused, though its user is still there."""
    assert_refused(await ask("{ me }", token=tokens.issue(ADA, uuid4(), 60)), GONE)


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_a_refusal_has_the_wanted_media_type(ask: Ask, accept: str) -> None:
    """A refusal comes in the media type that the client asked for."""
    assert f"{accept}; charset=utf-8" == (await ask("{ me }", accept=accept, token="x")).headers["Content-Type"]
