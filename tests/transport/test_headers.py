"""Headers that protect browsers, and what pages of other origins are allowed to do."""

from __future__ import annotations

import httpx
import pytest

from settings import Settings
from tests.transport.gateway import make_app
from transport.authentication.tokens import Tokens
from transport.headers import EXPOSED_HEADERS, INVALID_NAMES_MESSAGE

PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type, x-request-id",
}


@pytest.mark.parametrize(
    "path",
    ["/graphql?query={hello}", "/graphql", "/livez", "/nowhere", "/crash", "/livez?access_token=x", "/graphql?query={{"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
@pytest.mark.parametrize(
    "more", [{}, {"Accept": "text/event-stream"}, {"Authorization": "Bearer x"}, {**PREFLIGHT, "Origin": "https://a"}]
)
async def test_every_response_has_security_headers(
    client: httpx.AsyncClient, path: str, method: str, more: dict[str, str]
) -> None:
    """Every response, errors included, forbids sniffing, referrers, scripts and frames, and doesn't name the server."""
    headers = (await client.request(method, path, headers=more)).headers

    assert (
        headers["X-Content-Type-Options"],
        headers["Referrer-Policy"],
        headers["Content-Security-Policy"],
        headers["Cross-Origin-Opener-Policy"],
        headers.get("Server"),
    ) == ("nosniff", "no-referrer", "default-src 'none'; frame-ancestors 'none'", "same-origin", None)
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(headers["Permissions-Policy"].split(", "))


@pytest.mark.parametrize(
    ("public_url", "header"),
    [
        ("https://gateway.example", "max-age=31536000"),
        ("HTTPS://gateway.example", "max-age=31536000"),
        ("http://x.example", None),
    ],
)
@pytest.mark.parametrize("path", ["/livez", "/nowhere", "/crash", "/graphql"])
async def test_https_gateway_sends_hsts(
    settings: Settings, tokens: Tokens, public_url: str, header: str | None, path: str
) -> None:
    """A gateway with an HTTPS URL tells browsers in every response to keep using HTTPS."""
    app = make_app(settings.model_copy(update={"public_url": public_url}), tokens)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        response = await client.get(path)

    assert header == response.headers.get("Strict-Transport-Security")


async def test_any_origin_may_send_a_token(client: httpx.AsyncClient) -> None:
    """A page of any origin may send a token itself, but the browser adds no credentials."""
    response = await client.options("/graphql", headers={"Origin": "https://partner.example", **PREFLIGHT})

    assert (
        response.status_code,
        response.headers["Access-Control-Allow-Origin"],
        response.headers["Access-Control-Allow-Methods"],
        response.headers.get("Access-Control-Allow-Credentials"),
    ) == (200, "*", "GET, POST, QUERY", None)


@pytest.mark.parametrize(
    "requested",
    [
        "apollographql-client-name,apollographql-client-version,authorization,content-type",
        "traceparent, tracestate",
        "sentry-trace, baggage",
        "x-requested-with",
        "X-Anything-Else,x-datadog-trace-id",
        "",
    ],
)
@pytest.mark.parametrize("origins", [("*",), ("https://partner.example",)])
async def test_pages_may_send_any_header(settings: Settings, tokens: Tokens, requested: str, origins: tuple[str, ...]) -> None:
    """Tools add headers of their own. All requested headers are allowed, without credentials, and caches vary on them."""
    app = make_app(settings.model_copy(update={"allowed_origins": origins}), tokens)
    headers = {"Origin": "https://partner.example", **PREFLIGHT, "Access-Control-Request-Headers": requested}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        response = await client.options("/graphql", headers=headers)

    names = [name.strip() for name in requested.split(",") if name]
    assert 200 == response.status_code
    assert names == [name for name in response.headers.get("Access-Control-Allow-Headers", "").split(", ") if name]
    assert {"Origin", "Access-Control-Request-Headers"} <= set(response.headers["Vary"].split(", "))
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize(
    "requested", ["not a name", "a\u00e9", 'x"y', "x" * 101, ",".join(f"x-{n}" for n in range(101)), "a:b"]
)
async def test_invalid_header_names_are_refused(client: httpx.AsyncClient, requested: str) -> None:
    """The response only ever repeats a limited list of valid header names."""
    headers = [
        (b"Origin", b"https://partner.example"),
        (b"Access-Control-Request-Method", b"POST"),
        (b"Access-Control-Request-Headers", requested.encode()),
    ]
    response = await client.options("/graphql", headers=headers)

    assert (400, INVALID_NAMES_MESSAGE) == (response.status_code, response.text)
    assert "Access-Control-Allow-Headers" not in response.headers
    assert "Origin" in response.headers["Vary"].split(", ")


async def test_other_origins_and_methods_are_refused(settings: Settings, tokens: Tokens) -> None:
    """With origins configured, no other origin may send anything, and no origin may use a method that isn't served."""
    app = make_app(settings.model_copy(update={"allowed_origins": ("https://ours.example",)}), tokens)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        foreign = await client.options("/graphql", headers={"Origin": "https://theirs.example", **PREFLIGHT})
        deleting = {"Origin": "https://ours.example", **PREFLIGHT, "Access-Control-Request-Method": "DELETE"}
        method = await client.options("/graphql", headers=deleting)

    assert (400, None) == (foreign.status_code, foreign.headers.get("Access-Control-Allow-Origin"))
    assert (400, "Disallowed CORS method") == (method.status_code, method.text)


@pytest.mark.parametrize("path", ["/graphql?query={hello}", "/crash"])
async def test_pages_can_read_responses(client: httpx.AsyncClient, path: str) -> None:
    """A page of another origin can read responses and errors, the request id, the cost and how the operation ran."""
    headers = (await client.get(path, headers={"Origin": "https://partner.example"})).headers

    assert (
        headers["Access-Control-Allow-Origin"],
        headers["Access-Control-Expose-Headers"],
    ) == ("*", ", ".join(EXPOSED_HEADERS))
    assert {"Retry-After", "WWW-Authenticate", "X-Crossgate-Cost", "X-Crossgate-Execution", "X-Request-ID"} < set(
        EXPOSED_HEADERS
    )


@pytest.mark.parametrize(
    ("origin", "allowed"), [("https://ours.example", "https://ours.example"), ("https://theirs.example", None)]
)
async def test_only_configured_origins_can_read_responses(
    settings: Settings, tokens: Tokens, origin: str, allowed: str | None
) -> None:
    """With origins configured, no other origin can read a response."""
    app = make_app(settings.model_copy(update={"allowed_origins": ("https://ours.example",)}), tokens)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        response = await client.get("/livez", headers={"Origin": origin})

    assert allowed == response.headers.get("Access-Control-Allow-Origin")
