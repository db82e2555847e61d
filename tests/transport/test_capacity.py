"""Capacity: WebSockets, event streams and subscriptions are limited for the gateway, per peer and per user."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from settings import Settings
from tests import plain_http
from tests.transport.gateway import OPEN_SUBSCRIPTIONS, make_app, running
from tests.transport.test_sse import EVENTS, events, open_event_stream
from tests.transport.test_websocket import ACK, INIT, eventually, open_initialised, open_socket, receive, send, subscribe
from transport.authentication.tokens import Tokens
from transport.limits.capacity import GATEWAY, Capacity, CapacityExceeded, Counts, Holder, Limits, OwnCounts, Share
from transport.limits.ledger import Opened
from transport.limits.shared import SharedLedger

WAITING = "subscription { waiting }"
LIMIT = 2


@contextmanager
def serve_endpoint(settings: Settings, tokens: Tokens, **limits: Any) -> Iterator[str]:
    """Serve a gateway with the given limits. Yields the URL of its GraphQL endpoint."""
    own = settings.model_copy(update={**limits, "shutdown_timeout": 5})
    with running(make_app(own, tokens), own) as url:
        yield f"{url}/graphql"


def socket_url(url: str) -> str:
    """The endpoint's WebSocket URL."""
    return url.replace("http", "ws")


@pytest.mark.parametrize("counts", [OwnCounts(), SharedLedger(2).at(1).counts(Opened.SOCKETS)])
def test_refused_hold_counts_for_no_holder(counts: Counts) -> None:
    """A refused hold counts for none of its holders, and a hold that ends frees its place."""
    peer, viewer = Holder(Share.PEER, "192.0.2.1"), Holder(Share.VIEWER, None)
    capacity = Capacity("TOO_MANY", "things", Limits(gateway=5, peer=2, viewer=1), counts)

    with capacity.hold(GATEWAY, peer, viewer):
        with pytest.raises(CapacityExceeded), capacity.hold(GATEWAY, peer, viewer):
            pass
        during = [capacity.open(holder) for holder in (GATEWAY, peer, viewer)]

    assert ([1, 1, 1], [0, 0, 0]) == (during, [capacity.open(holder) for holder in (GATEWAY, peer, viewer)])


@pytest.mark.parametrize(
    ("limit", "code", "signed_in"),
    [("max_sockets", 1013, False), ("max_sockets_per_peer", 4429, False), ("max_sockets_per_viewer", 4429, True)],
)
async def test_socket_above_the_limit_is_closed(
    settings: Settings, tokens: Tokens, token: str, limit: str, code: int, signed_in: bool
) -> None:
    """The extra socket is closed with a code and a reason, the others keep working, and closing one makes room for another."""
    own = token if signed_in else None
    with serve_endpoint(settings, tokens, **{limit: LIMIT}) as url:
        async with AsyncExitStack() as sockets:
            first = await sockets.enter_async_context(open_initialised(socket_url(url), own))
            second = await sockets.enter_async_context(open_initialised(socket_url(url), own))
            refused = await _first_message(url, own)
            await subscribe(first, "{ hello }")
            answer = await receive(first)
            await second.close()
            assert await _opens_eventually(url, own)

    assert (code, "next") == (refused[0], answer["type"])
    assert refused[1].startswith("TOO_MANY_SOCKETS: Too many WebSockets and event streams are open")


async def _first_message(url: str, token: str | None) -> Any:
    """What a new socket receives first: the acknowledgement, or the code and reason of its close."""
    async with open_socket(socket_url(url)) as socket:
        with suppress(ConnectionClosed):  # closed before we have sent anything
            await send(socket, INIT | ({"payload": {"Authorization": f"Bearer {token}"}} if token else {}))
        try:
            return await receive(socket)
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else None


async def _opens_eventually(url: str, token: str | None) -> bool:
    """Whether a new socket is accepted. Retries, because the gateway may notice a closed one late."""
    for _ in range(100):
        if await _first_message(url, token) == ACK:
            return True
    return False


async def test_one_user_does_not_use_up_the_capacity_of_another(settings: Settings, tokens: Tokens, token: str) -> None:
    """While one user has as many sockets as allowed, a visitor from the same address still gets one."""
    with serve_endpoint(settings, tokens, max_sockets_per_viewer=1) as url:
        async with open_initialised(socket_url(url), token), open_initialised(socket_url(url)) as visitor:
            await subscribe(visitor, "{ hello }")
            answer = await receive(visitor)

    assert answer["type"] == "next"


@asynccontextmanager
async def _open_stream(url: str, token: str | None = None) -> AsyncIterator[httpx.Response]:
    """Open an event stream and read its first event."""
    async with open_event_stream(url, WAITING, token) as response:
        received = events(response)
        await anext(received)
        yield response


@pytest.mark.parametrize(
    ("limit", "status", "signed_in"),
    [("max_sockets", 503, False), ("max_sockets_per_peer", 429, False), ("max_sockets_per_viewer", 429, True)],
)
async def test_stream_above_the_limit_is_refused(
    settings: Settings, tokens: Tokens, token: str, limit: str, status: int, signed_in: bool
) -> None:
    """An event stream counts like a socket and is refused before it starts. Other requests are served."""
    own = token if signed_in else None
    with serve_endpoint(settings, tokens, **{limit: 1}) as url:
        async with _open_stream(url, own), plain_http.client() as client:
            headers = {"Authorization": f"Bearer {token}"} if own else {}
            refused = await client.post(url, json={"query": WAITING}, headers={"Accept": EVENTS, **headers})
            other = await client.post(url, json={"query": "{ hello }"}, headers=headers)

    assert (status, "TOO_MANY_SOCKETS") == (refused.status_code, refused.json()["errors"][0]["extensions"]["code"])
    assert int(refused.headers["Retry-After"]) >= 1
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("limit", "signed_in"),
    [("max_subscriptions", False), ("max_subscriptions_per_peer", False), ("max_subscriptions_per_viewer", True)],
)
async def test_subscription_above_the_limit_is_refused(
    settings: Settings, tokens: Tokens, token: str, limit: str, signed_in: bool
) -> None:
    """The limit spans sockets. The extra subscription gets an error, queries run, and completing one makes room."""
    own = token if signed_in else None
    with serve_endpoint(settings, tokens, **{limit: LIMIT}) as url:
        async with open_initialised(socket_url(url), own) as first, open_initialised(socket_url(url), own) as second:
            for socket in (first, second):
                await subscribe(socket, WAITING)
                assert (await receive(socket))["type"] == "next"
            await subscribe(second, WAITING, "refused")
            refused = await receive(second)
            await subscribe(second, "{ hello }", "query")
            answered = await receive(second), await receive(second)
            before = len(OPEN_SUBSCRIPTIONS)
            await send(first, {"type": "complete", "id": "1"})
            assert await eventually(lambda: len(OPEN_SUBSCRIPTIONS) < before)
            await subscribe(second, WAITING, "later")
            later = await receive(second)

    assert ("error", "refused", "TOO_MANY_SUBSCRIPTIONS") == (
        refused["type"],
        refused["id"],
        refused["payload"][0]["extensions"]["code"],
    )
    assert (["next", "complete"], "next") == ([message["type"] for message in answered], later["type"])


async def test_streams_and_sockets_share_the_subscription_limit(settings: Settings, tokens: Tokens) -> None:
    """A subscription over an event stream counts like one over a socket."""
    with serve_endpoint(settings, tokens, max_subscriptions_per_peer=1) as url:
        async with _open_stream(url), open_initialised(socket_url(url)) as socket:
            await subscribe(socket, WAITING)
            refused = await receive(socket)

    assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
