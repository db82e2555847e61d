"""A known query makes few calls between the HTTP server and the database: the most that a small query costs."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Final

import orjson
import pytest

from tests.client import PARTNER, open_client
from tests.execution.executors import HEADERS, PLANNED, post

ONE: Final = "query One($id: ID!) { node(id: $id) { ... on Port { id name status speedMbps } } }"
MOST_CALLS: Final = 280  # of Python functions, counted again each time one goes on; 275 when this was written
LAYERS: Final = ("transport", "schema", "resolvers", "policies", "models", "telemetry", "server")
WARM_UP: Final = 5  # requests, after which the plan and the facts are known


@pytest.mark.one_process
async def test_known_query_makes_few_calls(demo_url: str, tmp_path: Path) -> None:
    """The number of calls says what a query costs without being a time. Who adds to it takes away as much elsewhere."""
    async with open_client(demo_url, tmp_path, log_level="INFO") as client:
        client.compares = False
        found = await client(PARTNER, "{ ports(first: 1) { nodes { id } } }")
        body = orjson.dumps({"query": ONE, "variables": {"id": found.data["ports"]["nodes"][0]["id"]}})
        sent = {**HEADERS, "authorization": f"Bearer {await client._token(PARTNER)}", "content-length": str(len(body))}
        headers = [(name.encode(), value.encode()) for name, value in sent.items()]
        for _ in range(WARM_UP):
            await post(client.app, headers, body)
        calls: Counter[CodeType] = Counter()
        try:
            sys.setprofile(lambda frame, event, _value: count(calls, frame, event))
            reply = await post(client.app, headers, body)
        finally:
            sys.setprofile(None)

    assert PLANNED == reply.execution
    assert calls.total() <= MOST_CALLS, calls.most_common(40)


def count(calls: Counter[CodeType], frame: FrameType, event: str) -> None:
    """Count a call of a function of the gateway."""
    if event == "call" and frame.f_globals.get("__name__", "").partition(".")[0] in LAYERS:
        calls[frame.f_code] += 1
