"""Compression: what is compressed, with what, and what never is."""

from __future__ import annotations

import gzip
from typing import Any, Final

import brotli
import httpx
import pytest

from tests import plain_http
from tests.conftest import Gateway
from transport.http.compression import MINIMUM_SIZE, accepts

LONG: Final = "x" * 2 * MINIMUM_SIZE
DECODED: Final = {"br": brotli.decompress, "gzip": gzip.decompress}


async def fetch(client: httpx.AsyncClient, method: str, path: str, **request: Any) -> tuple[httpx.Response, bytes]:
    """Send a request and return the response with its body as it was sent."""
    async with client.stream(method, path, **request) as response:
        return response, b"".join([part async for part in response.aiter_raw()])


async def hello(client: httpx.AsyncClient, name: str, accept_encoding: str) -> tuple[httpx.Response, bytes]:
    """Ask for an answer of about the length of a name."""
    body = {"query": "query ($name: String!) { hello(name: $name) }", "variables": {"name": name}}
    return await fetch(client, "POST", "/graphql", json=body, headers={"Accept-Encoding": accept_encoding})


@pytest.mark.parametrize(
    ("accept_encoding", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("gzip", "gzip"),
        ("gzip;q=0, br;q=0.1", "br"),
    ],
)
async def test_long_answer_is_compressed_as_the_client_accepts(
    client: httpx.AsyncClient, accept_encoding: str, encoding: str
) -> None:
    """Browsers accept Brotli. Caches keep the answers apart."""
    response, body = await hello(client, LONG, accept_encoding)

    assert encoding == response.headers["Content-Encoding"]
    assert "Accept-Encoding" in response.headers["Vary"].split(", ")
    assert str(len(body)) == response.headers["Content-Length"]
    assert len(body) < MINIMUM_SIZE
    assert LONG.encode() in DECODED[encoding](body)


@pytest.mark.parametrize(
    ("name", "accept_encoding"), [(LONG, "identity"), (LONG, "deflate"), (LONG, "zstd"), (LONG, ""), ("you", "gzip, br, zstd")]
)
async def test_other_answers_are_sent_as_they_are(client: httpx.AsyncClient, name: str, accept_encoding: str) -> None:
    """An answer below 1 kB isn't worth it."""
    response, body = await hello(client, name, accept_encoding)

    assert "Content-Encoding" not in response.headers
    assert name.encode() in body


async def test_event_stream_is_not_compressed(client: httpx.AsyncClient) -> None:
    """Each event arrives at once, and an open stream holds no compressor."""
    body = {"query": "subscription { ticks(many: 300) }"}
    headers = {"Accept": "text/event-stream", "Accept-Encoding": "gzip, br, zstd"}
    response, sent = await fetch(client, "POST", "/graphql", json=body, headers=headers)

    assert "Content-Encoding" not in response.headers
    assert len(sent) > MINIMUM_SIZE


async def test_assets_are_compressed_by_the_build(gateway: Gateway) -> None:
    """The portal's scripts are sent as the build compressed them, and their names have no other way to them."""
    async with plain_http.client(base_url=gateway.url) as client:
        page = (await client.get("/")).text
        script = next(part for part in page.split('"') if part.startswith("/assets/") and part.endswith(".js"))
        plain, text = await fetch(client, "GET", script, headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers
        for encoding in ("br", "gzip"):
            response, body = await fetch(client, "GET", script, headers={"Accept-Encoding": encoding})
            assert encoding == response.headers["Content-Encoding"]
            assert plain.headers["Content-Type"] == response.headers["Content-Type"]
            assert text == DECODED[encoding](body)
            assert len(body) < len(text) / 2
            assert "Accept-Encoding" in response.headers["Vary"].split(", ")
        assert [404, 404] == [(await client.get(script + suffix)).status_code for suffix in (".br", ".gz")]


@pytest.mark.parametrize(
    ("accept_encoding", "encoding", "is_accepted"),
    [
        ("br", "br", True),
        ("BR", "br", True),
        ("*", "br", True),
        ("*, br;q=0", "br", False),
        ("gzip;q=1.0, br;q=0.0", "br", False),
        ("gzip", "br", False),
        ("", "br", False),
        ("br;q=x", "br", False),
    ],
)
def test_encodings_are_accepted_by_their_quality(accept_encoding: str, encoding: str, is_accepted: bool) -> None:
    """As RFC 9110 §12.5.3 says."""
    assert is_accepted == accepts(accept_encoding, encoding)
