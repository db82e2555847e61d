"""The limit on body size holds however the body is sent."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from settings import Settings
from tests.transport.conftest import JSON
from tests.transport.gateway import make_app
from transport.authentication.tokens import Tokens


def body_of(size: int) -> bytes:
    return b'{"query": "{ hello }"}'.ljust(size)


async def chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 1000):
        yield body[start : start + 1000]


@pytest.mark.parametrize("chunked", [False, True])
async def test_body_at_the_limit_is_served(client: httpx.AsyncClient, settings: Settings, chunked: bool) -> None:
    """A body of exactly the limit is served, with a Content-Length or in chunks."""
    body = body_of(settings.max_body_bytes)

    response = await client.post("/graphql", content=chunks(body) if chunked else body, headers={"Content-Type": JSON})

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("path", "announced"), [("/graphql", True), ("/graphql", False), ("/read", True), ("/read", False), ("/nowhere", True)]
)
def test_body_above_the_limit_is_refused_and_closes_the_connection(
    address: str, settings: Settings, path: str, announced: bool
) -> None:
    """A body above the limit gets 413 on every path, with a Content-Length or in chunks, and its connection is closed."""
    parts = urlsplit(address)
    size = settings.max_body_bytes + 1
    framing = f"Content-Length: {size}" if announced else "Transfer-Encoding: chunked"
    chunk = b"" if announced else f"{size:x}\r\n".encode() + body_of(size) + b"\r\n"  # without the last chunk
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\n{framing}\r\n\r\n"

    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as raw:
        raw.sendall(head.encode() + chunk)
        answer = b"".join(iter(lambda: raw.recv(4000), b""))

    assert answer.split()[1] == b"413"


async def test_refusal_states_the_limit(client: httpx.AsyncClient, settings: Settings) -> None:
    """The refusal has a code and states the limit in bytes."""
    response = await client.post("/graphql", content=body_of(20_000), headers={"Content-Type": JSON})

    extensions = {"code": "PAYLOAD_TOO_LARGE", "requestId": response.headers["X-Request-ID"]}
    message = f"The request body is too large; at most {settings.max_body_bytes} bytes are allowed."
    assert (413, {"errors": [{"message": message, "extensions": extensions}]}) == (response.status_code, response.json())


async def test_content_length_of_thousands_of_digits_is_too_large(settings: Settings, tokens: Tokens) -> None:
    """A Content-Length too long for Python to convert is refused like any other that is too large."""
    app = make_app(settings, tokens)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        statuses = [
            (await client.post("/graphql", content=b"{}", headers={"Content-Length": length})).status_code
            for length in ("9" * 18, "9" * 19, "9" * 5000)
        ]

    assert [413] * 3 == statuses
