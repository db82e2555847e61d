"""The media types of requests and responses."""

from __future__ import annotations

import httpx
import pytest

from tests.transport.conftest import GRAPHQL, JSON

BODY = b'{"query": "{ hello }"}'
ANSWER = {"data": {"hello": "Hello, world!"}}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        ("Application/JSON", JSON),
        (f"{JSON}, */*", JSON),
        (f"{JSON}; charset=utf-8", JSON),
        ("text/html, */*;q=0.8", JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{JSON};q=0, */*", GRAPHQL),
        (f"{GRAPHQL};q=0, */*", JSON),
        (f"{GRAPHQL}, */*", GRAPHQL),
        (f"{GRAPHQL};q=0.1", GRAPHQL),
        (f"{GRAPHQL}, application/graphql+json, {JSON}, text/event-stream, multipart/mixed", GRAPHQL),
        (f"{JSON}, text/event-stream", JSON),
        ("text/event-stream;q=0.5, */*", JSON),
    ],
)
async def test_response_has_the_preferred_media_type(client: httpx.AsyncClient, accept: str, expected: str) -> None:
    """The response has the media type that the client prefers, and is JSON by default."""
    response = await client.post("/graphql", content=BODY, headers={"Content-Type": JSON, "Accept": accept})

    assert (response.status_code, response.json()) == (200, ANSWER)
    assert f"{expected}; charset=utf-8" == response.headers["Content-Type"]
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize(
    "accept", ["text/html", "text/event-stream;q=0", "multipart/mixed", f"{JSON};q=0", f"{JSON};q=high", "*/*;q=0"]
)
async def test_unsupported_accept_is_refused(client: httpx.AsyncClient, accept: str) -> None:
    """A client that accepts neither media type gets 406 with the supported types and where GraphiQL is."""
    response = await client.post("/graphql", content=BODY, headers={"Content-Type": JSON, "Accept": accept})

    message = (
        "The Accept header must allow application/graphql-response+json, "
        "application/json or text/event-stream. To use GraphiQL in a browser, open /."
    )
    error = {"message": message, "extensions": {"code": "NOT_ACCEPTABLE", "requestId": response.headers["X-Request-ID"]}}
    assert (406, {"errors": [error]}) == (response.status_code, response.json())


@pytest.mark.parametrize("content_type", [JSON, "Application/JSON", f"{JSON}; charset=utf-8", f'{JSON};charset="UTF-8"'])
async def test_json_requests_are_accepted(client: httpx.AsyncClient, content_type: str) -> None:
    """A POST body is JSON. Its charset is UTF-8, stated or not."""
    response = await client.post("/graphql", content=BODY, headers={"Content-Type": content_type})

    assert (response.status_code, response.json()) == (200, ANSWER)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        f"text/plain; {JSON}",
        f"{JSON}; charset=latin1",
    ],
)
async def test_other_content_types_are_refused(client: httpx.AsyncClient, content_type: str | None) -> None:
    """No content type that a form of another site could send is accepted."""
    headers = {} if content_type is None else {"Content-Type": content_type}

    response = await client.post("/graphql", content=BODY, headers=headers)

    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert response.headers["Accept"] == JSON
