"""The direct way to the endpoint: the same responses as through the middleware, byte for byte."""

from __future__ import annotations

import re
from itertools import product
from typing import Any, Final

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp

from settings import Settings
from tests.transport.gateway import make_app
from transport.authentication.tokens import Tokens
from transport.http.direct import Direct

HELLO: Final = "query ($name: String!) { hello(name: $name) }"
BODIES: Final[dict[str, Any]] = {
    "short": {"query": HELLO, "variables": {"name": "you"}},
    "long": {"query": HELLO, "variables": {"name": "x" * 3000}},
    "invalid": {"query": "{ nothing }"},
    "failing": {"query": "{ broken }"},
    "mutation": {"query": "mutation { bump }"},
    "batch": [{"query": "{ __typename }"}, {"query": "mutation { bump }"}],
    "not an object": 1,
    "too large": {"query": "x" * 20_000},
    "empty": None,
}
HEADERS: Final[dict[str, dict[str, str]]] = {
    "none": {},
    "json": {"Accept": "application/json"},
    "html": {"Accept": "text/html"},
    "events": {"Accept": "text/event-stream"},
    "no token": {"Authorization": "Bearer nonsense"},
    "form": {"Content-Type": "text/plain"},
    "id": {"X-Request-ID": "my-own.id"},
    "origin": {"Origin": "https://portal.example"},
    "origin with cookie": {"Origin": "https://other.example", "Cookie": "a=b"},
    "key": {"Idempotency-Key": "1"},
    "view as": {"X-Crossgate-View-As": "x"},
}
ENCODINGS: Final = ("identity", "gzip", "gzip, br", "zstd", "*")
RANDOM: Final = (re.compile(rb"[0-9a-f]{32}"), re.compile(rb"r=\d+;t=\d+"))


@pytest.fixture(scope="module", params=["*", "https://portal.example"])
def app(request: pytest.FixtureRequest, settings: Settings, tokens: Tokens) -> Starlette:
    """A gateway for all origins, and one for a single origin."""
    app = make_app(settings.model_copy(update={"allowed_origins": (request.param,)}), tokens)
    app.middleware_stack = app.build_middleware_stack()
    return app


def direct_of(app: Starlette) -> Direct:
    """Return the middleware that is tested: the outermost of the gateway's own."""
    stack: Any = app.middleware_stack
    assert isinstance(stack, Direct)
    return stack


async def send(to: ASGIApp, token: str, body: Any, headers: dict[str, str], path: str = "/graphql") -> tuple[Any, ...]:
    """Return the status, the headers and the body of a response, without what is random in it."""
    content = b"" if body is None else orjson.dumps(body)
    sent = {
        "Content-Type": "application/json",
        "Accept": "application/graphql-response+json",
        "Authorization": f"Bearer {token}",
    }
    transport = httpx.ASGITransport(to, raise_app_exceptions=False)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
        client.stream("POST", path, content=content, headers=sent | headers) as response,
    ):
        raw = b"".join([part async for part in response.aiter_raw()])
    raw_headers = [(name.lower(), _fixed(value)) for name, value in response.headers.raw]
    return response.status_code, raw_headers, raw if "content-encoding" in response.headers else _fixed(raw)


def _fixed(value: bytes) -> bytes:
    for pattern in RANDOM:
        value = pattern.sub(b"RANDOM", value)
    return value


@pytest.mark.parametrize("kind", BODIES)
async def test_response_is_that_of_the_middleware(app: Starlette, token: str, kind: str) -> None:
    """For all bodies, headers and encodings."""
    direct = direct_of(app)
    for (name, headers), encoding in product(HEADERS.items(), ENCODINGS):
        headers = headers | {"Accept-Encoding": encoding}
        expected = await send(direct.app, token, BODIES[kind], headers)
        assert expected == await send(direct, token, BODIES[kind], headers), (name, encoding)


async def test_plain_request_does_not_need_the_middleware(app: Starlette, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request with a query string or to another path does."""
    direct, reached = direct_of(app), []

    async def middleware(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["path"] + scope["query_string"].decode())
        await original(scope, receive, send)

    original = direct.app
    monkeypatch.setattr(direct, "app", middleware)
    for headers in ({}, {"Origin": "https://portal.example"}, {"Accept-Encoding": "br"}):
        await send(direct, token, BODIES["long"], headers)
    for path in ("/graphql?a=b", "/graphql/refresh", "/read"):
        await send(direct, token, BODIES["short"], {}, path)

    assert ["/graphqla=b", "/graphql/refresh", "/read"] == reached


async def test_failure_is_answered_alike(app: Starlette, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error gets 500 with a code, on both ways."""

    async def fail(*_: object) -> None:
        raise RuntimeError("the password is swordfish")

    direct = direct_of(app)
    monkeypatch.setattr(type(direct._endpoint), "respond", fail)
    expected = await send(direct.app, token, BODIES["short"], {})
    assert 500 == expected[0]
    assert b"swordfish" not in expected[2]
    assert expected == await send(direct, token, BODIES["short"], {})
