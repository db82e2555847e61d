"""Connection limits: how many can be open, and how long a client can take to send. Enforced by subclasses of uvicorn's protocols.

uvicorn limits neither the time for headers nor the connections of one peer. No request has a timer of its own: the server checks
all connections once a second, and each connection only stores its deadline.

A connection above a limit is refused after it has sent something, because an earlier response is often lost. It has
`HEADER_TIMEOUT` seconds to send; if too many connections wait for their refusal, further ones are closed without a response.
"""

from __future__ import annotations

import asyncio
import os
import time
from asyncio import BaseTransport, Transport
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, cast

import orjson
import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import get_remote_addr
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from settings import Settings
from telemetry import metrics
from transport.headers import RawHeader, safe_headers
from transport.limits.capacity import GATEWAY, Capacity, CapacityExceeded, Holder, Limits, Share
from transport.limits.ledger import Ledger, Opened
from transport.limits.peers import Proxies, network_of
from transport.refusal import error_body

CODE: Final = "TOO_MANY_CONNECTIONS"
HEADER_TIMEOUT: Final = 5.0  # seconds
GRACE: Final = 5.0  # extra seconds for the application to refuse a late request before its connection is closed here
MAX_REFUSED: Final = 100  # connections waiting for their refusal
NEVER: Final = float("inf")
UPGRADES: Final = 4  # connections upgraded per pass of the event loop; each takes about a millisecond

log = structlog.stdlib.get_logger("crossgate.connections")


class Pace:
    """Runs callbacks in order, a few per pass of the event loop, so that requests are answered in between."""

    def __init__(self, max_per_pass: int) -> None:
        self._max_per_pass = max_per_pass
        self._waiting: deque[Callable[[], None]] = deque()

    def add(self, call: Callable[[], None]) -> None:
        """Queue a callback."""
        self._waiting.append(call)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(min(self._max_per_pass, len(self._waiting))):
            loop.call_soon(self._waiting.popleft())
        if self._waiting:
            loop.call_soon(self._run)


class Config(uvicorn.Config):
    """uvicorn's configuration, plus the state that the protocols here share."""

    def __init__(self, app: Any, settings: Settings, ledger: Ledger, **options: Any) -> None:
        super().__init__(app, http=Http, ws=WebSocket, **options)
        self.is_draining = False  # every response closes its connection
        self.header_timeout = settings.header_timeout
        self.body_timeout = settings.request_timeout + GRACE
        self.safe = safe_headers(settings.public_url)
        self.upgrades = Pace(UPGRADES)
        self.proxies = Proxies(settings.trusted_proxies)
        limit = settings.max_connections
        limits = Limits(gateway=limit, peer=settings.max_connections_per_peer, viewer=limit)
        counts = ledger.counts(Opened.CONNECTIONS)
        self.capacity = Capacity(CODE, "connections", limits, counts, metrics.OPEN.child("connections"))
        refused = Limits(gateway=MAX_REFUSED, peer=MAX_REFUSED, viewer=MAX_REFUSED)
        self.refused = Capacity(CODE, "refused connections", refused, ledger.counts(Opened.REFUSED))

    def holders(self, transport: Transport) -> tuple[Holder, ...]:
        """Return the holders of a connection. A trusted proxy serves many peers, so it doesn't count as one."""
        address = get_remote_addr(transport)
        host = address[0] if address else ""
        return (GATEWAY,) if self.proxies.trusts(host) else (GATEWAY, Holder(Share.PEER, network_of(host)))


class Bounded:
    """The behavior that both protocols share. `due` is the deadline for the client to send."""

    config: Config
    transport: Transport
    due: float = NEVER
    _stalled: float = NEVER  # deadline for a client that doesn't read
    _held: tuple[Capacity, tuple[Holder, ...]] | None = None

    def hold(self, capacity: Capacity, *holders: Holder) -> None:
        """Count this connection. Raises CapacityExceeded."""
        capacity.take(*holders)
        self._held = capacity, holders

    def take_over(self, other: Bounded) -> None:
        """Count this connection in place of another protocol. There's no moment in which another process could take its place."""
        self._held, other._held = other._held, None

    def let_go(self) -> None:
        """Stop counting this connection."""
        if self._held is not None:
            capacity, holders = self._held
            self._held = None
            capacity.give_back(*holders)

    def pause_writing(self) -> None:
        """Start the deadline of a client that doesn't read."""
        self._stalled = time.monotonic() + self.config.body_timeout
        super().pause_writing()  # type: ignore[misc]

    def resume_writing(self) -> None:
        """Stop the deadline: the client reads again."""
        self._stalled = NEVER
        super().resume_writing()  # type: ignore[misc]

    def close_if_overdue(self, now: float) -> None:
        """Close the connection if its client has missed a deadline."""
        if now >= self._stalled:
            self.transport.abort()
        elif now >= self.due:
            self.transport.close()


class Http(Bounded, HttpToolsProtocol):
    """HTTP with a deadline for headers and another for the body."""

    config: Config
    refusal: CapacityExceeded | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Count a new connection, and start the deadline for its headers."""
        super().connection_made(cast("Transport", transport))
        self.due = time.monotonic() + self.config.header_timeout
        try:
            self.hold(self.config.capacity, *self.config.holders(self.transport))
        except CapacityExceeded as refusal:
            self._refuse(refusal)

    def _refuse(self, refusal: CapacityExceeded) -> None:
        log.warning("connection.refused", share=refusal.share.value)
        self.refusal = refusal
        self.due = time.monotonic() + HEADER_TIMEOUT
        try:
            self.hold(self.config.refused, GATEWAY)
        except CapacityExceeded:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting this connection."""
        self.let_go()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass the data on, or send the refusal."""
        if self.refusal is None:
            super().data_received(data)
        elif not self.transport.is_closing():
            body = orjson.dumps(error_body(self.refusal, os.urandom(16).hex()))
            status = HTTPStatus.SERVICE_UNAVAILABLE
            self.transport.write(answer(status, "application/json", body, self.refusal.headers, self.config.safe))
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Reject invalid HTTP, with the security headers of every response."""
        self.transport.write(answer(HTTPStatus.BAD_REQUEST, "text/plain", msg.encode("ascii"), {}, self.config.safe))
        self.transport.close()

    def on_message_begin(self) -> None:
        """Start the deadline for headers."""
        self.due = time.monotonic() + self.config.header_timeout
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Start the deadline for the body."""
        self.due = time.monotonic() + self.config.body_timeout
        super().on_headers_complete()
        if self.config.is_draining and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Stop the deadline: the request has arrived."""
        self.due = NEVER
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Queue the upgrade to a WebSocket, and read nothing until then."""
        self.transport.pause_reading()
        self.config.upgrades.add(self._upgrade)

    def _upgrade(self) -> None:
        """Hand the connection over to the WebSocket protocol, which takes over its place."""
        if self.transport.is_closing():
            return
        self.transport.resume_reading()
        self.due = NEVER
        super().handle_websocket_upgrade()


class WebSocket(Bounded, WebSocketsSansIOProtocol):
    """A WebSocket, which counts as one connection."""

    config: Config

    def connection_made(self, transport: BaseTransport) -> None:
        """Take over the place of the connection from the HTTP protocol that it had."""
        super().connection_made(transport)
        self.take_over(cast("Bounded", self.transport.get_protocol()))

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting this connection."""
        self.let_go()
        super().connection_lost(exc)


def answer(status: HTTPStatus, media_type: str, body: bytes, more: Mapping[str, str], safe: Sequence[RawHeader]) -> bytes:
    """Serialize a response that bypasses the application and closes the connection."""
    headers = {
        "content-type": f"{media_type}; charset=utf-8",
        "content-length": str(len(body)),
        "cache-control": "no-store",
        **{name.lower(): value for name, value in more.items()},
        "connection": "close",
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return b"\r\n".join([*(line.encode("ascii") for line in lines), *(b": ".join(pair) for pair in safe), b"", body])
