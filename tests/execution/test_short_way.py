"""A known query makes few calls between the HTTP server and the database: the most that a small query costs."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import orjson
from starlette.types import Message

from tests.client import PARTNER, Client, open_client

ONE: Final = "query One($id: ID!) { node(id: $id) { ... on Port { id name status speedMbps } } }"
MOST_CALLS: Final = 280  # of Python functions, counted again each time one goes on; 275 when this was written
LAYERS: Final = ("transport", "schema", "resolvers", "policies", "models", "telemetry", "server")
WARM_UP: Final = 5  # requests, after which the plan and the facts are known


async def test_known_query_makes_few_calls(demo_url: str, tmp_path: Path) -> None:
    """The number of calls says what a query costs without being a time. Who adds to it takes away as much elsewhere."""
    async with open_client(demo_url, tmp_path, log_level="INFO") as client:
        client.compares = False
        found = await client(PARTNER, "{ ports(first: 1) { nodes { id } } }")
        body = orjson.dumps({"query": ONE, "variables": {"id": found.data["ports"]["nodes"][0]["id"]}})
        token = await client._token(PARTNER)
        for _ in range(WARM_UP):
            await send(client, token, body)
        calls: Counter[CodeType] = Counter()
        try:
            sys.setprofile(lambda frame, event, _value: count(calls, frame, event))
            messages = await send(client, token, body)
        finally:
            sys.setprofile(None)

    assert (b"x-crossgate-execution", b"planned") in messages[0]["headers"]
    assert calls.total() <= MOST_CALLS, calls.most_common(40)


def count(calls: Counter[CodeType], frame: FrameType, event: str) -> None:
    """Count a call of a function of the gateway."""
    if event == "call" and frame.f_globals.get("__name__", "").partition(".")[0] in LAYERS:
        calls[frame.f_code] += 1


async def send(client: Client, token: str, body: bytes) -> list[Message]:
    """Send a request to the application as the HTTP server does, and return the messages of its response."""
    headers = {
        "host": "gateway",
        "user-agent": "test",
        "accept": "application/graphql-response+json",
        "accept-encoding": "identity",
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "content-length": str(len(body)),
    }
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def collect(message: Message) -> None:
        messages.append(message)

    await client.app(scope, receive, collect)
    return messages
