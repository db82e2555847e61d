"""GraphQL over server-sent events: one connection an operation, and what ends it."""

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
from tests.transport.conftest import JSON
from tests.transport.gateway import ADA, COMPANY, MEMBERSHIP, OPEN_SUBSCRIPTIONS, make_app, running
from tests.transport.process import GatewayProcess
from tests.transport.test_websocket import eventually
from transport.authentication.tokens import Tokens

EVENTS = "text/event-stream"
COMPLETE = ("complete", None)


@pytest.fixture(scope="module")
def app(settings: Settings, tokens: Tokens) -> Starlette:
    """The gateway."""
    return make_app(settings, tokens)


@pytest.fixture(scope="module")
def served(app: Starlette, settings: Settings) -> Iterator[str]:
    """Where it is."""
    with running(app, settings) as address:
        yield f"{address}/graphql"


@asynccontextmanager
async def streaming(url: str, query: str, token: str | None = None, **more: Any) -> AsyncIterator[httpx.Response]:
    """The answer to a request by POST, while it comes."""
    headers = {"Accept": EVENTS} | ({"Authorization": f"Bearer {token}"} if token else {})
    async with (
        httpx.AsyncClient(trust_env=False, timeout=5) as client,
        client.stream("POST", url, json={"query": query, **more}, headers=headers) as response,
    ):
        yield response


async def events(response: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    """The events as they come: the name and the data of each."""
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
    """All events of an operation that ends."""
    async with streaming(url, query, token, **more) as response:
        assert response.status_code == 200
        return [event async for event in events(response)]


def following(data: Any) -> Any:
    return "next", {"data": data}


async def test_the_bytes_of_a_stream(served: str) -> None:
    """A stream is framed as the protocol shows it, and no proxy keeps or gathers it."""
    async with streaming(served, "subscription { ticks }") as response:
        body = await response.aread()

    assert b'event: next\ndata: {"data":{"ticks":1}}\n\nevent: complete\ndata:\n\n' == body
    assert f"{EVENTS}; charset=utf-8" == response.headers["Content-Type"]
    assert ("no-store", "no") == (response.headers["Cache-Control"], response.headers["X-Accel-Buffering"])
    assert {"X-Request-ID", "X-Content-Type-Options"} <= {name.title().replace("Id", "ID") for name in response.headers}


@pytest.mark.parametrize(
    ("query", "data"),
    [("{ me }", {"me": str(ADA)}), ("mutation { bump }", {"bump": 1}), ("subscription { ticks }", {"ticks": 1})],
)
async def test_every_kind_of_operation(served: str, token: str, query: str, data: Any) -> None:
    """Queries and mutations have one event and the end, as subscriptions have."""
    assert [following(data), COMPLETE] == await all_events(served, query, token)


async def test_by_get(served: str) -> None:
    """Queries and subscriptions come by GET too, as a browser's EventSource sends them."""
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.get(served, params={"query": "subscription { ticks }"}, headers={"Accept": EVENTS})

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
async def test_operations_that_are_refused(served: str, query: str, code: str) -> None:
    """What is wrong with an operation is told in the stream, for an EventSource would not show the body of a refusal."""
    [(name, answer), last] = await all_events(served, query)

    assert ("next", [code], COMPLETE) == (name, [error["extensions"]["code"] for error in answer["errors"]], last)
    assert "data" not in answer


@pytest.mark.parametrize(("query", "code"), [("stopping", "TOO_MANY"), ("breaking", "INTERNAL")])
async def test_source_that_fails(served: str, query: str, code: str) -> None:
    """A subscription whose source fails ends with an error that has a code and tells nothing else."""
    first, (_, answer), last = await all_events(served, f"subscription {{ {query} }}")

    assert (following({query: 1}), COMPLETE) == (first, last)
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
async def test_requests_that_are_refused(served: str, options: dict[str, Any], status: int, code: str) -> None:
    """What is wrong with the HTTP request is refused before a stream begins, as it is without one."""
    headers = {"Accept": EVENTS, **options.pop("headers", {})}
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.request(options.pop("method", "POST"), served, headers=headers, **options)

    assert (status, code) == (response.status_code, response.json()["errors"][0]["extensions"]["code"])
    assert f"{JSON}; charset=utf-8" == response.headers["Content-Type"]


async def test_a_token_that_expires_ends_the_stream(served: str, tokens: Tokens) -> None:
    """A subscription does not outlive its token, and says why it ends."""
    first, (_, answer), last = await all_events(served, "subscription { waiting }", tokens.issue(ADA, MEMBERSHIP, 2))

    [error] = answer["errors"]
    assert (following({"waiting": str(ADA)}), COMPLETE) == (first, last)
    assert ("The token has expired. Sign in again.", "UNAUTHENTICATED") == (error["message"], error["extensions"]["code"])
    assert not OPEN_SUBSCRIPTIONS


async def test_a_client_that_leaves_frees_everything(app: Starlette, served: str) -> None:
    """A client ends a subscription by closing its connection."""
    async with streaming(served, "subscription { waiting }") as response:
        assert following({"waiting": "None"}) == await anext(events(response))
        open_before = app.state.connections.number, len(OPEN_SUBSCRIPTIONS)

    assert (1, 1) == open_before
    assert await eventually(lambda: not OPEN_SUBSCRIPTIONS and not app.state.connections.number)


async def test_a_silent_stream_says_that_it_is_there(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing happens a comment comes from time to time, so that nobody in between closes the connection."""
    monkeypatch.setattr(transport.realtime.sse, "KEEP_ALIVE_SECONDS", 0.05)
    async with streaming(served, "subscription { waiting }") as response:
        lines = response.aiter_lines()
        first = [await anext(lines) for _ in range(5)]

    assert ["event: next", 'data: {"data":{"waiting":"None"}}', "", ":", ""] == first


async def test_a_gateway_that_stops_ends_its_streams(process: GatewayProcess) -> None:
    """A subscription is completed when the gateway stops, and the gateway does not wait for it."""
    async with streaming(f"{process.address}/graphql", "subscription { waiting }") as response:
        coming = events(response)
        first = await anext(coming)
        process.terminate()
        last = await asyncio.wait_for(anext(coming), 30)

    assert (following({"waiting": "None"}), COMPLETE) == (first, last)


async def test_what_the_log_says_of_a_stream(process: GatewayProcess, tokens_of_process: Tokens) -> None:
    """The line of the request says who asked what, as for any other."""
    token = tokens_of_process.issue(ADA, MEMBERSHIP, 60)
    await all_events(f"{process.address}/graphql", "subscription Ticking { ticks }", token)
    process.stop()

    [line] = [line for line in process.lines if line["event"] == "request"]
    assert ("Ticking", "subscription", 0, 200) == (line["operation"], line["operation_type"], line["cost"], line["status"])
    assert (str(ADA), str(COMPANY)) == (line["user_id"], line["company_id"])
    assert token not in process.output
