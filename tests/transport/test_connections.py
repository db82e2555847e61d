"""Connections through real sockets: how many there may be, and how long a client may take to send and to read."""

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
from tests.transport.test_websocket import initialised, receive, subscribe
from transport.authentication.tokens import Tokens
from transport.headers import safe_headers
from transport.limits.connections import Pace

BODY = b'{"query": "{ hello }"}'
HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
LIVE = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
MANY = 4 * 1024 * 1024  # bytes, more than the buffers of a socket hold


@contextmanager
def served(settings: Settings, tokens: Tokens, **bounds: Any) -> Iterator[str]:
    """A gateway with bounds of its own."""
    own = settings.model_copy(update=bounds)
    app = make_app(own, tokens)
    app.router.routes.append(Route("/large", _large))
    with running(app, own) as url:
        yield url


async def _large(_: Request) -> Response:
    return Response(b"x" * MANY)


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    """A connection on which nothing is sent yet."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as raw:
        yield raw


def status(raw: socket.socket) -> int:
    """The status of the next answer, all of which is there at once."""
    return int(raw.recv(8000).split(b" ")[1])


def is_closed(raw: socket.socket) -> bool:
    """Whether the gateway ends the connection, after whatever else it sends."""
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
    ids=["nothing", "a letter", "a line", "a header", "those of the second request", "those of a socket"],
)
def test_half_sent_headers_are_closed(settings: Settings, tokens: Tokens, sent: bytes) -> None:
    """A connection whose headers do not arrive in time ends, whatever part of them is there."""
    with served(settings, tokens, header_timeout=0.1) as url, connected(url) as raw:
        raw.sendall(sent)

        assert is_closed(raw)


def test_headers_that_trickle_are_closed(settings: Settings, tokens: Tokens) -> None:
    """The time is that of all headers: a byte now and then wins no more of it."""
    with served(settings, tokens, header_timeout=0.5) as url, connected(url) as raw:
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


def test_a_connection_that_is_kept_alive_waits_for_no_headers(settings: Settings, tokens: Tokens) -> None:
    """Between two requests nothing has begun, so the time for headers does not count."""
    with served(settings, tokens, header_timeout=0.5) as url, connected(url) as raw, connected(url) as watching:
        raw.sendall(LIVE)
        first = status(raw)
        assert is_closed(watching)  # so the gateway has looked meanwhile
        raw.sendall(LIVE)
        second = status(raw)

    assert (200, 200) == (first, second)


@pytest.mark.parametrize("path", [b"/livez", b"/nowhere"])
def test_a_body_that_nobody_reads_ends_too(
    settings: Settings, tokens: Tokens, path: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body that is still on its way after its answer holds the connection no longer than one that is read."""
    monkeypatch.setattr(transport.limits.connections, "GRACE", 0)
    with served(settings, tokens, request_timeout=0.2) as url, connected(url) as raw:
        raw.sendall(b"GET %b HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\nx" % path)

        assert is_closed(raw)


def test_a_slow_body_is_refused_by_the_application_first(settings: Settings, tokens: Tokens) -> None:
    """A body that does not arrive in time is answered, not only cut off."""
    with served(settings, tokens, request_timeout=0.3) as url, connected(url) as raw:
        raw.sendall(HEAD + BODY[:5])
        refused = status(raw)

    assert refused == 408


def test_a_client_that_does_not_read_is_cut_off(settings: Settings, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that nobody takes is not kept for ever."""
    monkeypatch.setattr(transport.limits.connections, "GRACE", 0)
    with served(settings, tokens, request_timeout=0.2, header_timeout=0.1) as url, connected(url) as raw:
        raw.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        with connected(url) as first:
            assert is_closed(first)
        with connected(url) as second:
            assert is_closed(second)
        taken = _taken(raw)

    assert taken < MANY


def _taken(raw: socket.socket) -> int:
    taken = 0
    try:
        while chunk := raw.recv(65536):
            taken += len(chunk)
    except ConnectionResetError:
        pass
    return taken


@pytest.mark.parametrize("bound", ["max_connections", "max_connections_per_peer"])
def test_one_connection_too_many_is_refused(settings: Settings, tokens: Tokens, bound: str) -> None:
    """It is told so with a stable code, those that are open go on, and one that ends makes room."""
    with served(settings, tokens, **{bound: 2}) as url, connected(url) as first, connected(url) as second:
        for raw in (first, second):
            raw.sendall(LIVE)
            assert status(raw) == 200
        with connected(url) as third:
            third.sendall(LIVE)
            head, _, body = third.recv(8000).partition(b"\r\n\r\n")
            closed = is_closed(third)
        first.sendall(LIVE)
        going_on = status(first)
        second.close()
        again = _served_again(url)

    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 503 Service Unavailable"
    assert {"connection: close", "retry-after: 5"} <= set(lines)
    assert {b": ".join(pair).decode() for pair in safe_headers(settings.public_url)} <= set(lines)
    (error,) = json.loads(body)["errors"]
    assert ("TOO_MANY_CONNECTIONS", 32) == (error["extensions"]["code"], len(error["extensions"]["requestId"]))
    assert (True, 200, True) == (closed, going_on, again)


def _served_again(url: str) -> bool:
    """Whether a connection is let in, after a while at most."""
    for _ in range(200):
        with connected(url) as raw:
            raw.sendall(LIVE)
            if status(raw) == 200:
                return True
    return False


def test_a_trusted_proxy_has_no_bound_of_its_own(settings: Settings, tokens: Tokens) -> None:
    """A proxy brings the connections of many peers, so only the process bounds them."""
    with (
        served(settings, tokens, max_connections_per_peer=1, trusted_proxies=("127.0.0.1",)) as url,
        ExitStack() as connections,
    ):
        opened = [connections.enter_context(connected(url)) for _ in range(3)]
        for raw in opened:
            raw.sendall(LIVE)

        assert [200, 200, 200] == [status(raw) for raw in opened]


def test_refused_connections_are_bounded_too(settings: Settings, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that wait for their refusal are few: more are dropped at once."""
    monkeypatch.setattr(transport.limits.connections, "MAX_REFUSED", 1)
    with served(settings, tokens, max_connections=1) as url, connected(url) as first:
        first.sendall(LIVE)
        assert status(first) == 200
        with connected(url) as waiting, connected(url) as dropped:
            assert is_closed(dropped)
            waiting.sendall(LIVE)
            assert status(waiting) == 503


async def test_a_socket_keeps_the_place_of_its_connection(settings: Settings, tokens: Tokens) -> None:
    """A WebSocket is one connection, no less while it is open, and none any more when it has ended."""
    with served(settings, tokens, max_connections=1) as url:
        for _ in range(3):
            async with initialised(f"{url.replace('http', 'ws')}/graphql") as client:
                with connected(url) as other:
                    other.sendall(LIVE)
                    assert status(other) == 503
                await subscribe(client, "{ hello }")
                assert (await receive(client))["type"] == "next"
            assert _served_again(url)


async def test_upgrades_leave_the_loop_to_others_in_between() -> None:
    """A few run in each pass of the event loop, in their order, and one that fails keeps no other from its turn."""
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
