"""GraphQL over server-sent events: one connection per operation, and what ends it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

import transport.realtime.sse
from settings import Settings
from tests import plain_http
from tests.transport.conftest import JSON
from tests.transport.gateway import ADA, COMPANY, MEMBERSHIP, OPEN_SUBSCRIPTIONS, make_app, running
from tests.transport.process import GatewayProcess
from tests.transport.test_websocket import eventually
from transport.authentication.tokens import Tokens

EVENTS = "text/event-stream"
COMPLETE = ("complete", None)


@pytest.fixture(scope="module")
def app(settings: Settings, tokens: Tokens) -> Starlette:
    """The gateway under test."""
    return make_app(settings, tokens)


@pytest.fixture(scope="module")
def endpoint(app: Starlette, settings: Settings) -> Iterator[str]:
    """The URL of its GraphQL endpoint."""
    with running(app, settings) as address:
        yield f"{address}/graphql"


@asynccontextmanager
async def open_event_stream(url: str, query: str, token: str | None = None, **more: Any) -> AsyncIterator[httpx.Response]:
    """Open an event stream by POST. Yields the response while it arrives."""
    headers = {"Accept": EVENTS} | ({"Authorization": f"Bearer {token}"} if token else {})
    async with (
        plain_http.client(timeout=5) as client,
        client.stream("POST", url, json={"query": query, **more}, headers=headers) as response,
    ):
        yield response


async def events(response: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    """Yield each event's name and data as they arrive."""
    name, data = "", ""
    async for line in response.aiter_lines():
        field, _, value = line.partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            data = value.strip()
        elif not line and name:
            yield name, json.loads(data) if data else None
            name, data = "", ""


async def all_events(url: str, query: str, token: str | None = None, **more: Any) -> list[tuple[str, Any]]:
    """Return all events of an operation that completes."""
    async with open_event_stream(url, query, token, **more) as response:
        assert response.status_code == 200
        return [event async for event in events(response)]


def next_event(data: Any) -> Any:
    return "next", {"data": data}


async def test_stream_has_the_protocols_framing(endpoint: str) -> None:
    """A stream is framed as the protocol requires, and proxies neither cache nor buffer it."""
    async with open_event_stream(endpoint, "subscription { ticks }") as response:
        body = await response.aread()

    assert b'event: next\ndata: {"data":{"ticks":1}}\n\nevent: complete\ndata:\n\n' == body
    assert f"{EVENTS}; charset=utf-8" == response.headers["Content-Type"]
    assert ("no-store", "no") == (response.headers["Cache-Control"], response.headers["X-Accel-Buffering"])
    assert {"X-Request-ID", "X-Content-Type-Options"} <= {name.title().replace("Id", "ID") for name in response.headers}


@pytest.mark.parametrize(
    ("query", "data"),
    [("{ me }", {"me": str(ADA)}), ("mutation { bump }", {"bump": 1}), ("subscription { ticks }", {"ticks": 1})],
)
async def test_every_kind_of_operation_can_be_streamed(endpoint: str, token: str, query: str, data: Any) -> None:
    """Queries and mutations send one event and then complete, like subscriptions."""
    assert [next_event(data), COMPLETE] == await all_events(endpoint, query, token)


async def test_stream_by_get(endpoint: str) -> None:
    """Queries and subscriptions can be sent by GET, as a browser's EventSource does."""
    async with plain_http.client() as client:
        response = await client.get(endpoint, params={"query": "subscription { ticks }"}, headers={"Accept": EVENTS})

    assert response.text.startswith('event: next\ndata: {"data":{"ticks":1}}\n\n')


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription ($n: Int!) { ticks(many: $n) }", "BAD_USER_INPUT"),
        ("subscription A { ticks } subscription B { ticks }", "OPERATION_NAME_REQUIRED"),
        ("{ slow(seconds: 30) }", "TIMEOUT"),
    ],
)
async def test_operation_errors_are_sent_in_the_stream(endpoint: str, query: str, code: str) -> None:
    """Operation errors are events, because an EventSource doesn't show the body of a refusal."""
    [(name, answer), last] = await all_events(endpoint, query)

    assert ("next", [code], COMPLETE) == (name, [error["extensions"]["code"] for error in answer["errors"]], last)
    assert "data" not in answer


@pytest.mark.parametrize(("query", "code"), [("stopping", "TOO_MANY"), ("breaking", "INTERNAL")])
async def test_failing_source_ends_with_an_error(endpoint: str, query: str, code: str) -> None:
    """A subscription whose source fails ends with a coded error that reveals nothing else."""
    first, (_, answer), last = await all_events(endpoint, f"subscription {{ {query} }}")

    assert (next_event({query: 1}), COMPLETE) == (first, last)
    assert [code] == [error["extensions"]["code"] for error in answer["errors"]]
    assert "swordfish" not in json.dumps(answer)


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"json": {"query": "{ me }"}, "headers": {"Authorization": "Bearer swordfish"}}, 401, "UNAUTHENTICATED"),
        ({"json": {}}, 400, "BAD_REQUEST"),
        ({"content": b"{ me }"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"json": {"query": " " * 10_000}}, 413, "PAYLOAD_TOO_LARGE"),
        ({"method": "GET", "params": {"query": "mutation { bump }"}}, 405, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_invalid_requests_are_refused_before_the_stream(
    endpoint: str, options: dict[str, Any], status: int, code: str
) -> None:
    """An invalid HTTP request is refused before a stream starts, as without one."""
    headers = {"Accept": EVENTS, **options.pop("headers", {})}
    async with plain_http.client() as client:
        response = await client.request(options.pop("method", "POST"), endpoint, headers=headers, **options)

    assert (status, code) == (response.status_code, response.json()["errors"][0]["extensions"]["code"])
    assert f"{JSON}; charset=utf-8" == response.headers["Content-Type"]


async def test_expiring_token_ends_the_stream(endpoint: str, tokens: Tokens) -> None:
    """A subscription ends when its token expires, with the reason."""
    first, (_, answer), last = await all_events(endpoint, "subscription { waiting }", tokens.issue(ADA, MEMBERSHIP, 2))

    [error] = answer["errors"]
    assert (next_event({"waiting": str(ADA)}), COMPLETE) == (first, last)
    assert ("The token has expired. Sign in again.", "UNAUTHENTICATED") == (error["message"], error["extensions"]["code"])
    assert not OPEN_SUBSCRIPTIONS


async def test_disconnecting_client_frees_all_resources(app: Starlette, endpoint: str) -> None:
    """A client ends a subscription by closing its connection."""
    async with open_event_stream(endpoint, "subscription { waiting }") as response:
        assert next_event({"waiting": "None"}) == await anext(events(response))
        open_before = app.state.connections.number, len(OPEN_SUBSCRIPTIONS)

    assert (1, 1) == open_before
    assert await eventually(lambda: not OPEN_SUBSCRIPTIONS and not app.state.connections.number)


async def test_idle_stream_sends_comments(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An idle stream sends a comment from time to time, so that proxies keep the connection open."""
    monkeypatch.setattr(transport.realtime.sse, "KEEP_ALIVE_SECONDS", 0.05)
    async with open_event_stream(endpoint, "subscription { waiting }") as response:
        lines = response.aiter_lines()
        first = [await anext(lines) for _ in range(5)]

    assert ["event: next", 'data: {"data":{"waiting":"None"}}', "", ":", ""] == first


async def test_stopping_gateway_completes_its_streams(process: GatewayProcess) -> None:
    """A stopping gateway completes its subscriptions without waiting for them."""
    async with open_event_stream(f"{process.address}/graphql", "subscription { waiting }") as response:
        stream = events(response)
        first = await anext(stream)
        process.terminate()
        last = await asyncio.wait_for(anext(stream), 30)

    assert (next_event({"waiting": "None"}), COMPLETE) == (first, last)


async def test_stream_is_logged_with_its_viewer_and_operation(process: GatewayProcess, tokens_of_process: Tokens) -> None:
    """The request's line has the viewer and the operation, like any other."""
    token = tokens_of_process.issue(ADA, MEMBERSHIP, 60)
    await all_events(f"{process.address}/graphql", "subscription Ticking { ticks }", token)
    process.stop()

    [line] = [line for line in process.lines if line["event"] == "request"]
    assert ("Ticking", "subscription", 0, 200) == (line["operation"], line["operation_type"], line["cost"], line["status"])
    assert (str(ADA), str(COMPANY)) == (line["user_id"], line["company_id"])
    assert token not in process.output
