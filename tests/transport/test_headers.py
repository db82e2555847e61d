"""Headers that protect browsers, and what pages of other origins may do."""

from __future__ import annotations

import httpx
import pytest

from settings import Settings
from tests.transport.gateway import make_app
from transport.tokens import Tokens

PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type, x-request-id",
}


@pytest.mark.parametrize("path", ["/graphql?query={hello}", "/graphql", "/livez", "/nowhere", "/crash"])
async def test_every_answer_is_protected(client: httpx.AsyncClient, path: str) -> None:
    """Every answer, errors too, forbids sniffing, referrers, scripts and frames, and does not name its server."""
    headers = (await client.get(path)).headers

    assert (
        headers["X-Content-Type-Options"],
        headers["Referrer-Policy"],
        headers["Content-Security-Policy"],
        headers.get("Server"),
    ) == ("nosniff", "no-referrer", "default-src 'none'; frame-ancestors 'none'", None)


async def test_any_origin_may_ask_with_a_token(client: httpx.AsyncClient) -> None:
    """A page of any origin may send a token of its own, but the browser never sends anything for it."""
    response = await client.options("/graphql", headers={"Origin": "https://partner.example", **PREFLIGHT})

    assert (
        response.status_code,
        response.headers["Access-Control-Allow-Origin"],
        response.headers["Access-Control-Allow-Methods"],
        response.headers.get("Access-Control-Allow-Credentials"),
    ) == (200, "*", "GET, POST", None)


@pytest.mark.parametrize("path", ["/graphql?query={hello}", "/crash"])
async def test_pages_can_read_answers(client: httpx.AsyncClient, path: str) -> None:
    """A page of another origin can read answers, errors too, the request's id, and what it cost and how it ran."""
    headers = (await client.get(path, headers={"Origin": "https://partner.example"})).headers

    assert (
        headers["Access-Control-Allow-Origin"],
        headers["Access-Control-Expose-Headers"],
    ) == (
        "*",
        "X-Request-ID, WWW-Authenticate, X-Crossgate-Cost, X-Crossgate-Execution, RateLimit, RateLimit-Policy, Retry-After",
    )


@pytest.mark.parametrize(
    ("origin", "allowed"), [("https://ours.example", "https://ours.example"), ("https://theirs.example", None)]
)
async def test_origins_can_be_named(settings: Settings, tokens: Tokens, origin: str, allowed: str | None) -> None:
    """Where the settings name origins, no other can read an answer."""
    app = make_app(settings.model_copy(update={"allowed_origins": ("https://ours.example",)}), tokens)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        response = await client.get("/livez", headers={"Origin": origin})

    assert allowed == response.headers.get("Access-Control-Allow-Origin")
