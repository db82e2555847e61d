"""A page that does a lot stays within the default limits."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from graphql import get_introspection_query

from tests import plain_http
from tests.client import DIRECT
from tests.conftest import Gateway
from tests.transport.test_quotas import remaining_quota
from tests.transport.test_websocket import open_initialised, receive, send, subscribe

PORTS = "{ ports(first: 50) { nodes { id name location { name } } } }"
SUBSCRIPTION = "subscription { portUpdated { id status } }"


async def test_busy_page_stays_within_the_default_limits(gateway: Gateway) -> None:
    """GraphiQL's start, 30 concurrent queries and 10 subscriptions on one socket all run, and most of the quota is left."""
    async with AsyncExitStack() as opened:
        client = await opened.enter_async_context(plain_http.client(base_url=gateway.url, timeout=30))
        token = (await client.post("/portal/sign-in", json={"email": DIRECT})).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        page = await client.post("/graphql", json={"query": get_introspection_query()})
        answers = await asyncio.gather(*(client.post("/graphql", json={"query": PORTS}) for _ in range(30)))
        socket = await opened.enter_async_context(open_initialised(f"{gateway.url.replace('http', 'ws')}/graphql", token))
        for number in range(10):
            await subscribe(socket, SUBSCRIPTION, str(number))
        await send(socket, {"type": "ping"})
        pong = await receive(socket)
        last = await client.post("/graphql", json={"query": "{ viewer { roles } }"})

    assert {200} == {answer.status_code for answer in (page, *answers, last)}
    assert all("errors" not in answer.json() for answer in (page, *answers, last))
    assert pong == {"type": "pong"}
    assert remaining_quota(last) > 2_000_000
