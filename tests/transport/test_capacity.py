"""Capacity: WebSockets, event streams and subscriptions, bound for the process, each peer and each user."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from settings import Settings
from tests.transport.gateway import FOLLOWED, make_app, running
from tests.transport.test_sse import EVENTS, events, streaming
from tests.transport.test_websocket import ACK, INIT, eventually, initialised, opened, receive, send, subscribe
from transport.authentication.tokens import Tokens
from transport.limits.capacity import PROCESS, Capacity, CapacityExceeded, Holder, Limits, Share

WAITING = "subscription { waiting }"
BOUND = 2


@contextmanager
def served(settings: Settings, tokens: Tokens, **bounds: Any) -> Iterator[str]:
    """Where the GraphQL of a gateway with bounds of its own is, by HTTP."""
    own = settings.model_copy(update={**bounds, "shutdown_timeout": 5})
    with running(make_app(own, tokens), own) as url:
        yield f"{url}/graphql"


def socket_of(url: str) -> str:
    """The same for sockets."""
    return url.replace("http", "ws")


def test_what_is_refused_is_not_counted() -> None:
    """One too many for one holder counts for none of the others, and what has ended makes room."""
    peer, viewer = Holder(Share.PEER, "192.0.2.1"), Holder(Share.VIEWER, None)
    capacity = Capacity("TOO_MANY", "things", Limits(process=5, peer=2, viewer=1))

    with capacity.hold(PROCESS, peer, viewer):
        with pytest.raises(CapacityExceeded), capacity.hold(PROCESS, peer, viewer):
            pass
        inside = [capacity.open(holder) for holder in (PROCESS, peer, viewer)]

    assert ([1, 1, 1], [0, 0, 0]) == (inside, [capacity.open(holder) for holder in (PROCESS, peer, viewer)])


@pytest.mark.parametrize(
    ("bound", "code", "signed_in"),
    [("max_sockets", 1013, False), ("max_sockets_per_peer", 4429, False), ("max_sockets_per_viewer", 4429, True)],
)
async def test_one_socket_too_many_is_closed(
    settings: Settings, tokens: Tokens, token: str, bound: str, code: int, signed_in: bool
) -> None:
    """It is closed with a code and a reason, the others go on, and one that ends makes room for another."""
    own = token if signed_in else None
    with served(settings, tokens, **{bound: BOUND}) as url:
        async with AsyncExitStack() as sockets:
            first = await sockets.enter_async_context(initialised(socket_of(url), own))
            second = await sockets.enter_async_context(initialised(socket_of(url), own))
            refused = await _outcome(url, own)
            await subscribe(first, "{ hello }")
            answer = await receive(first)
            await second.close()
            assert await _opens(url, own)

    assert (code, "next") == (refused[0], answer["type"])
    assert refused[1].startswith("TOO_MANY_SOCKETS: Too many WebSockets and event streams are open")


async def _outcome(url: str, token: str | None) -> Any:
    """What a new socket hears first: an acknowledgement, or with which code and reason it is closed."""
    async with opened(socket_of(url)) as socket:
        with suppress(ConnectionClosed):  # before it has said anything
            await send(socket, INIT | ({"payload": {"Authorization": f"Bearer {token}"}} if token else {}))
        try:
            return await receive(socket)
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else None


async def _opens(url: str, token: str | None) -> bool:
    """Whether a socket is let in, after a while at most: the gateway may hear late of one that has ended."""
    for _ in range(100):
        if await _outcome(url, token) == ACK:
            return True
    return False


async def test_users_do_not_fill_each_other(settings: Settings, tokens: Tokens, token: str) -> None:
    """Where one user has as many sockets as it may, a visitor of the same address gets one."""
    with served(settings, tokens, max_sockets_per_viewer=1) as url:
        async with initialised(socket_of(url), token), initialised(socket_of(url)) as visitor:
            await subscribe(visitor, "{ hello }")
            answer = await receive(visitor)

    assert answer["type"] == "next"


@asynccontextmanager
async def _streamed(url: str, token: str | None = None) -> AsyncIterator[httpx.Response]:
    """A stream that has begun."""
    async with streaming(url, WAITING, token) as response:
        received = events(response)
        await anext(received)
        yield response


@pytest.mark.parametrize(
    ("bound", "status", "signed_in"),
    [("max_sockets", 503, False), ("max_sockets_per_peer", 429, False), ("max_sockets_per_viewer", 429, True)],
)
async def test_one_stream_too_many_is_refused(
    settings: Settings, tokens: Tokens, token: str, bound: str, status: int, signed_in: bool
) -> None:
    """A stream of events counts as a socket does, and is refused before it begins; other requests are answered."""
    own = token if signed_in else None
    with served(settings, tokens, **{bound: 1}) as url:
        async with _streamed(url, own), httpx.AsyncClient(trust_env=False) as client:
            headers = {"Authorization": f"Bearer {token}"} if own else {}
            refused = await client.post(url, json={"query": WAITING}, headers={"Accept": EVENTS, **headers})
            other = await client.post(url, json={"query": "{ hello }"}, headers=headers)

    assert (status, "TOO_MANY_SOCKETS") == (refused.status_code, refused.json()["errors"][0]["extensions"]["code"])
    assert int(refused.headers["Retry-After"]) >= 1
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("bound", "signed_in"),
    [("max_subscriptions", False), ("max_subscriptions_per_peer", False), ("max_subscriptions_per_viewer", True)],
)
async def test_one_subscription_too_many_is_refused(
    settings: Settings, tokens: Tokens, token: str, bound: str, signed_in: bool
) -> None:
    """Over several sockets too it ends with an error, queries go on, and one that is completed makes room."""
    own = token if signed_in else None
    with served(settings, tokens, **{bound: BOUND}) as url:
        async with initialised(socket_of(url), own) as first, initialised(socket_of(url), own) as second:
            for socket in (first, second):
                await subscribe(socket, WAITING)
                assert (await receive(socket))["type"] == "next"
            await subscribe(second, WAITING, "refused")
            refused = await receive(second)
            await subscribe(second, "{ hello }", "query")
            answered = await receive(second), await receive(second)
            known = len(FOLLOWED)
            await send(first, {"type": "complete", "id": "1"})
            assert await eventually(lambda: len(FOLLOWED) < known)
            await subscribe(second, WAITING, "later")
            later = await receive(second)

    assert ("error", "refused", "TOO_MANY_SUBSCRIPTIONS") == (
        refused["type"],
        refused["id"],
        refused["payload"][0]["extensions"]["code"],
    )
    assert (["next", "complete"], "next") == ([each["type"] for each in answered], later["type"])


async def test_subscriptions_of_streams_and_sockets_count_together(settings: Settings, tokens: Tokens) -> None:
    """A stream holds a subscription as an operation over a socket does."""
    with served(settings, tokens, max_subscriptions_per_peer=1) as url:
        async with _streamed(url), initialised(socket_of(url)) as socket:
            await subscribe(socket, WAITING)
            refused = await receive(socket)

    assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
