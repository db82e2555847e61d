"""Connections over real sockets: how many are allowed, and how long a client may take to send and to read."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import transport.limits.connections
from settings import Settings
from tests.transport.gateway import make_app, running
from tests.transport.test_websocket import open_initialised, receive, subscribe
from transport.authentication.tokens import Tokens
from transport.headers import safe_headers
from transport.limits.capacity import Holder, OwnCounts
from transport.limits.connections import Pace

BODY = b'{"query": "{ hello }"}'
HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
LIVE = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = 4 * 1024 * 1024  # bytes; more than socket buffers hold


@contextmanager
def serve(settings: Settings, tokens: Tokens, **limits: Any) -> Iterator[str]:
    """Serve a gateway with the given limits. Yields its URL."""
    own = settings.model_copy(update=limits)
    app = make_app(own, tokens)
    app.router.routes.append(Route("/large", _large))
    with running(app, own) as url:
        yield url


async def _large(_: Request) -> Response:
    return Response(b"x" * LARGE)


@contextmanager
def connect(url: str) -> Iterator[socket.socket]:
    """Open a connection without sending anything."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as raw:
        yield raw


def status(raw: socket.socket) -> int:
    """Return the status of the next response, which must arrive in one piece."""
    return int(raw.recv(8000).split(b" ")[1])


def is_closed(raw: socket.socket) -> bool:
    """Whether the gateway closes the connection, after anything else that it sends."""
    try:
        while raw.recv(65536):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"G",
        b"GET /livez HTTP/1.1\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        LIVE + b"GET /livez HTTP/1.1\r\nHost",
        b"GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-",
    ],
    ids=["nothing", "a letter", "a line", "a header", "the second request's headers", "a socket's headers"],
)
def test_incomplete_headers_close_the_connection(settings: Settings, tokens: Tokens, sent: bytes) -> None:
    """A connection whose headers don't arrive in time is closed, whichever part has arrived."""
    with serve(settings, tokens, header_timeout=0.1) as url, connect(url) as raw:
        raw.sendall(sent)

        assert is_closed(raw)


def test_trickled_headers_close_the_connection(settings: Settings, tokens: Tokens) -> None:
    """The timeout covers all headers, so sending a byte now and then doesn't extend it."""
    with serve(settings, tokens, header_timeout=0.5) as url, connect(url) as raw:
        raw.sendall(b"GET /livez HTTP/1.1\r\nX-Slow: ")
        raw.settimeout(0.1)
        for _ in range(100):
            try:
                raw.sendall(b"x")
                if not raw.recv(1):
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        else:
            pytest.fail("the connection stays open")


def test_header_timeout_does_not_run_between_requests(settings: Settings, tokens: Tokens) -> None:
    """The header timeout doesn't run on an idle kept-alive connection."""
    with serve(settings, tokens, header_timeout=0.5) as url, connect(url) as raw, connect(url) as other:
        raw.sendall(LIVE)
        first = status(raw)
        assert is_closed(other)  # by now the gateway has checked its timeouts
        raw.sendall(LIVE)
        second = status(raw)

    assert (200, 200) == (first, second)


@pytest.mark.parametrize("path", [b"/livez", b"/nowhere"])
def test_unread_body_does_not_hold_the_connection(
    settings: Settings, tokens: Tokens, path: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body still arriving after its response holds the connection no longer than a body that is read."""
    monkeypatch.setattr(transport.limits.connections, "GRACE", 0)
    with serve(settings, tokens, request_timeout=0.2) as url, connect(url) as raw:
        raw.sendall(b"GET %b HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\nx" % path)

        assert is_closed(raw)


def test_slow_body_gets_408(settings: Settings, tokens: Tokens) -> None:
    """A body that doesn't arrive in time gets a 408 response before the connection is closed."""
    with serve(settings, tokens, request_timeout=0.3) as url, connect(url) as raw:
        raw.sendall(HEAD + BODY[:5])
        refused = status(raw)

    assert refused == 408


def test_client_that_does_not_read_is_disconnected(settings: Settings, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    """A response that the client doesn't read isn't held forever."""
    monkeypatch.setattr(transport.limits.connections, "GRACE", 0)
    with serve(settings, tokens, request_timeout=0.2, header_timeout=0.1) as url, connect(url) as raw:
        raw.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        with connect(url) as first:
            assert is_closed(first)
        with connect(url) as second:
            assert is_closed(second)
        received = _receive_all(raw)

    assert received < LARGE


def _receive_all(raw: socket.socket) -> int:
    size = 0
    try:
        while chunk := raw.recv(65536):
            size += len(chunk)
    except ConnectionResetError:
        pass
    return size


@pytest.mark.parametrize("limit", ["max_connections", "max_connections_per_peer"])
def test_connection_above_the_limit_is_refused(settings: Settings, tokens: Tokens, limit: str) -> None:
    """The extra connection gets 503 with a code, open ones keep working, and closing one makes room."""
    with serve(settings, tokens, **{limit: 2}) as url, connect(url) as first, connect(url) as second:
        for raw in (first, second):
            raw.sendall(LIVE)
            assert status(raw) == 200
        with connect(url) as third:
            third.sendall(LIVE)
            head, _, body = third.recv(8000).partition(b"\r\n\r\n")
            closed = is_closed(third)
        first.sendall(LIVE)
        still_served = status(first)
        second.close()
        accepted_again = _accepted_eventually(url)

    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 503 Service Unavailable"
    assert {"connection: close", "retry-after: 5"} <= set(lines)
    assert {b": ".join(pair).decode() for pair in safe_headers(settings.public_url)} <= set(lines)
    (error,) = json.loads(body)["errors"]
    assert ("TOO_MANY_CONNECTIONS", 32) == (error["extensions"]["code"], len(error["extensions"]["requestId"]))
    assert (True, 200, True) == (closed, still_served, accepted_again)


def _accepted_eventually(url: str) -> bool:
    """Whether a new connection is served. Retries for a while."""
    for _ in range(200):
        with connect(url) as raw:
            raw.sendall(LIVE)
            if status(raw) == 200:
                return True
    return False


def test_trusted_proxy_has_no_peer_limit(settings: Settings, tokens: Tokens) -> None:
    """A trusted proxy carries the connections of many peers, so only the process limit applies to it."""
    with (
        serve(settings, tokens, max_connections_per_peer=1, trusted_proxies=("127.0.0.1",)) as url,
        ExitStack() as connections,
    ):
        opened = [connections.enter_context(connect(url)) for _ in range(3)]
        for raw in opened:
            raw.sendall(LIVE)

        assert [200, 200, 200] == [status(raw) for raw in opened]


def test_connections_waiting_for_a_refusal_are_limited(
    settings: Settings, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few connections may wait for their refusal. Any more are dropped at once."""
    monkeypatch.setattr(transport.limits.connections, "MAX_REFUSED", 1)
    with serve(settings, tokens, max_connections=1) as url, connect(url) as first:
        first.sendall(LIVE)
        assert status(first) == 200
        with connect(url) as waiting, connect(url) as dropped:
            assert is_closed(dropped)
            waiting.sendall(LIVE)
            assert status(waiting) == 503


async def test_websocket_counts_as_one_connection(settings: Settings, tokens: Tokens) -> None:
    """A WebSocket counts as one connection while it is open, and as none once it has closed."""
    with serve(settings, tokens, max_connections=1) as url:
        for _ in range(3):
            async with open_initialised(f"{url.replace('http', 'ws')}/graphql") as client:
                with connect(url) as other:
                    other.sendall(LIVE)
                    assert status(other) == 503
                await subscribe(client, "{ hello }")
                assert (await receive(client))["type"] == "next"
            assert _accepted_eventually(url)


async def test_websocket_keeps_the_place_of_its_connection(
    settings: Settings, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upgrade never frees the place in between, which a connection of another process could take."""

    def lose_place(self: OwnCounts, holders: tuple[Holder, ...]) -> None:
        """Free nothing: another process takes the place at once."""

    monkeypatch.setattr(OwnCounts, "give_back", lose_place)
    with serve(settings, tokens, max_connections=1) as url:
        async with open_initialised(f"{url.replace('http', 'ws')}/graphql") as first:
            await subscribe(first, "{ hello }")
            answer = await receive(first)

    assert "next" == answer["type"]


async def test_upgrades_yield_to_the_event_loop() -> None:
    """Each pass of the event loop runs a few upgrades in order, and a failing one doesn't stop the others."""
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    pace, done, passes = Pace(2), list[int](), 0

    def fail() -> None:
        raise RuntimeError

    pace.add(fail)
    for number in range(5):
        pace.add(partial(done.append, number))
    while len(done) < 5:
        before = len(done)
        await asyncio.sleep(0)
        assert len(done) - before <= 2
        passes += 1

    assert list(range(5)) == done
    assert passes >= 3
