"""The client of an application in the same process sends and returns the same as httpx's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.asgi import BASE, InProcessClient

SENT: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "a query": ("POST", "/graphql", {"json": {"query": "{ é }"}, "headers": {"Accept": "text/plain", "X-Own": "1"}}),
    "content": ("POST", "/files", {"content": b"\xff", "params": {"purpose": "A B"}}),
    "a path": ("GET", "/files/a%20b?c=d&e", {"headers": {"user-agent": "own"}}),
    "a body that is a stream": ("POST", "/files", {"content": "stream"}),
    "a request without a body": ("OPTIONS", "/graphql", {"headers": {"Origin": "https://a.example"}}),
    "a head": ("HEAD", "/", {}),
}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with all that the application gets, and set a cookie."""
    request = Request(scope, receive)
    seen = {name: str(scope[name]) for name in sorted(scope) if name not in ("app", "state")}
    response: Response = JSONResponse({**seen, "body": (await request.body()).hex()}, status_code=201)
    response.set_cookie("seen", "yes")
    await response(scope, receive, send)


async def stream() -> AsyncIterator[bytes]:
    """A body in two parts."""
    yield b"a"
    yield b"b"


@pytest.mark.parametrize("name", SENT)
async def test_application_gets_what_httpx_sends(name: str) -> None:
    """Addresses, headers, bodies and the cookies of earlier responses are the same, and so is the response."""
    method, url, parts = SENT[name]
    answers = []
    async with InProcessClient(echo) as own, httpx.AsyncClient(transport=httpx.ASGITransport(echo), base_url=BASE) as client:
        for each in (client, own):
            for _ in range(2):
                content = {"content": stream()} if parts.get("content") == "stream" else {}
                response = await each.request(method, url, **{**parts, **content})
                answers.append((response.status_code, sorted(response.headers.multi_items()), response.content))

    assert answers[:2] == answers[2:]
    assert {"seen": "yes"} == dict(own.cookies)


async def test_errors_of_the_application_are_raised() -> None:
    """An application that raises fails the test, as with httpx."""

    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("broken")

    async with InProcessClient(broken) as client:
        with pytest.raises(RuntimeError, match="broken"):
            await client.post("/graphql", json={})
