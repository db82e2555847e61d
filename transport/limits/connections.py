"""Connections: how many may be open, and how long a client may take to send, held by uvicorn's own protocols.

uvicorn bounds no headers and no connection of one peer, so its protocols for HTTP and WebSockets are extended here. Nothing is timed
for each request: the server looks at all connections once a second, and a connection only notes since when it waits.

A connection above a bound is told so once it has sent something, since an answer before that is often lost. It has `HEADER_TIMEOUT` seconds
for that, and of such connections too many are dropped without a word.
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
from transport.headers import RawHeader, safe_headers
from transport.limits.capacity import PROCESS, Capacity, CapacityExceeded, Holder, Limits, Share
from transport.limits.peers import Proxies, network_of
from transport.refusal import error_body

CODE: Final = "TOO_MANY_CONNECTIONS"
HEADER_TIMEOUT: Final = 5.0  # seconds
GRACE: Final = 5.0  # seconds after which a request that is late is ended here, if nobody has refused it
MAX_REFUSED: Final = 100  # connections that wait for their refusal
NEVER: Final = float("inf")
UPGRADES: Final = 4  # connections that become WebSockets in one pass of the event loop; each takes about a millisecond

log = structlog.stdlib.get_logger("crossgate.connections")


class Pace:
    """Calls what it's given, in order and a few in each pass of the event loop, so that requests are answered between them."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._waiting: deque[Callable[[], None]] = deque()

    def add(self, call: Callable[[], None]) -> None:
        """One more call."""
        self._waiting.append(call)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(min(self._at_once, len(self._waiting))):
            loop.call_soon(self._waiting.popleft())
        if self._waiting:
            loop.call_soon(self._run)


class Config(uvicorn.Config):
    """uvicorn's, with what its protocols share here."""

    def __init__(self, app: Any, settings: Settings, **options: Any) -> None:
        super().__init__(app, http=Http, ws=WebSocket, **options)
        self.header_timeout = settings.header_timeout
        self.body_timeout = settings.request_timeout + GRACE
        self.safe = safe_headers(settings.public_url)
        self.upgrades = Pace(UPGRADES)
        self.proxies = Proxies(settings.trusted_proxies)
        most = settings.max_connections
        self.capacity = Capacity(CODE, "connections", Limits(process=most, peer=settings.max_connections_per_peer, viewer=most))
        self.refused = Capacity(CODE, "refused connections", Limits(process=MAX_REFUSED, peer=MAX_REFUSED, viewer=MAX_REFUSED))

    def holders(self, transport: Transport) -> tuple[Holder, ...]:
        """Who holds a connection. A trusted proxy brings those of many peers, so it is none."""
        address = get_remote_addr(transport)
        host = address[0] if address else ""
        return (PROCESS,) if self.proxies.trusts(host) else (PROCESS, Holder(Share.PEER, network_of(host)))


class Bounded:
    """What both protocols do: `due` is when the connection has waited too long for its client."""

    config: Config
    transport: Transport
    due: float = NEVER
    _stalled: float = NEVER  # when a client that does not read has been waited for too long
    _held: tuple[Capacity, tuple[Holder, ...]] | None = None

    def hold(self, capacity: Capacity, *holders: Holder) -> None:
        """Count this connection. Raises Full."""
        capacity.take(*holders)
        self._held = capacity, holders

    def let_go(self) -> None:
        """Count it no more."""
        if self._held is not None:
            capacity, holders = self._held
            self._held = None
            capacity.give_back(*holders)

    def pause_writing(self) -> None:
        """The client does not read what it is sent."""
        self._stalled = time.monotonic() + self.config.body_timeout
        super().pause_writing()  # type: ignore[misc]

    def resume_writing(self) -> None:
        """It reads again."""
        self._stalled = NEVER
        super().resume_writing()  # type: ignore[misc]

    def look(self, now: float) -> None:
        """End the connection if its client has been waited for too long."""
        if now >= self._stalled:
            self.transport.abort()
        elif now >= self.due:
            self.transport.close()


class Http(Bounded, HttpToolsProtocol):
    """HTTP, with a time for headers and one for what follows them."""

    config: Config
    refusal: CapacityExceeded | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Count a new connection, which has to send headers now."""
        super().connection_made(cast("Transport", transport))
        self.due = time.monotonic() + self.config.header_timeout
        try:
            self.hold(self.config.capacity, *self.config.holders(self.transport))
        except CapacityExceeded as refusal:
            self._turn_away(refusal)

    def _turn_away(self, refusal: CapacityExceeded) -> None:
        log.warning("connection.refused", share=refusal.share.value)
        self.refusal = refusal
        self.due = time.monotonic() + HEADER_TIMEOUT
        try:
            self.hold(self.config.refused, PROCESS)
        except CapacityExceeded:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self.let_go()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read, or refuse."""
        if self.refusal is None:
            super().data_received(data)
        elif not self.transport.is_closing():
            body = orjson.dumps(error_body(self.refusal, os.urandom(16).hex()))
            status = HTTPStatus.SERVICE_UNAVAILABLE
            self.transport.write(answer(status, "application/json", body, self.refusal.headers, self.config.safe))
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, with the headers that every answer has."""
        self.transport.write(answer(HTTPStatus.BAD_REQUEST, "text/plain", msg.encode("ascii"), {}, self.config.safe))
        self.transport.close()

    def on_message_begin(self) -> None:
        """Headers begin to arrive."""
        self.due = time.monotonic() + self.config.header_timeout
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A body may follow."""
        self.due = time.monotonic() + self.config.body_timeout
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All is there."""
        self.due = NEVER
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to the other protocol when its turn comes. Until then nothing is read from it."""
        self.transport.pause_reading()
        self.config.upgrades.add(self._upgrade)

    def _upgrade(self) -> None:
        """Leave the connection to the other protocol, which counts it anew."""
        if self.transport.is_closing():
            return
        self.transport.resume_reading()
        self.due = NEVER
        self.let_go()
        super().handle_websocket_upgrade()


class WebSocket(Bounded, WebSocketsSansIOProtocol):
    """A WebSocket, counted as the connection that it is."""

    config: Config

    def connection_made(self, transport: BaseTransport) -> None:
        """Count it. The place that the HTTP connection had is free."""
        super().connection_made(transport)
        self.hold(self.config.capacity, *self.config.holders(self.transport))

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self.let_go()
        super().connection_lost(exc)


def answer(status: HTTPStatus, media_type: str, body: bytes, more: Mapping[str, str], safe: Sequence[RawHeader]) -> bytes:
    """An answer that no application sees, after which the connection ends."""
    headers = {
        "content-type": f"{media_type}; charset=utf-8",
        "content-length": str(len(body)),
        "cache-control": "no-store",
        **{name.lower(): value for name, value in more.items()},
        "connection": "close",
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return b"\r\n".join([*(line.encode("ascii") for line in lines), *(b": ".join(pair) for pair in safe), b"", body])
