"""GraphQL over server-sent events (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md), one connection per operation.

Errors in the HTTP request are refused as for any request; errors in the operation are reported in the stream, as the protocol
requires. A client ends a subscription by closing its connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.types import Receive, Scope, Send

from resolvers.events.answers import SharedAnswer
from transport.authentication.arrival import receive_request
from transport.authentication.bearer import Identity, Session
from transport.failsafe import BROKEN
from transport.graphql_request import GraphQLRequest
from transport.http.negotiation import MediaType
from transport.http.request import check_headers, read
from transport.limits.capacity import Capacity
from transport.limits.deadlines import time_limit
from transport.logs import log
from transport.realtime.streams import Caller, OpenConnections, Prepared, Streams
from transport.refusal import CHARSET, Unauthenticated, error_body

KEEP_ALIVE_SECONDS: Final = 12.0  # proxies commonly close connections that are idle for 60
KEEP_ALIVE: Final = b":\n\n"  # an SSE comment
COMPLETE: Final = b"event: complete\ndata:\n\n"
HEADERS: Final = (
    (b"content-type", (MediaType.EVENT_STREAM + CHARSET).encode()),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept, Authorization, X-Crossgate-View-As"),
    (b"x-accel-buffering", b"no"),  # keeps proxies from buffering events
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStreams:
    """The ASGI application for requests that prefer an event stream."""

    streams: Streams
    identity: Identity
    connections: OpenConnections
    sockets: Capacity
    seconds: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream results until the operation, the client or the session ends. Raises Refusal before anything is sent."""
        request = await self._receive(scope, receive)
        with self.sockets.hold(*request.caller.holders):
            await self._serve(request, scope, receive, send)

    async def _serve(self, request: _PreparedRequest, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the results until the stream ends."""
        session = request.session
        stream = _Stream(scope["state"]["request_id"], send)
        await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": list(HEADERS)})
        ended = asyncio.Event()
        waiting = {
            asyncio.create_task(ended.wait()),
            asyncio.create_task(
                stream.write(
                    self.streams.answers(
                        request.prepared, session, scope["state"]["request_id"], request.caller, stream.send_shared
                    )
                )
            ),
            asyncio.create_task(stream.keep_alive()),
            leaving := asyncio.create_task(_leaving(receive)),
        }
        lasting = self.streams.is_subscription(request.request)  # on shutdown, queries and mutations are finished
        if lasting:
            waiting.add(asyncio.create_task(session.ended()))
        try:
            with self.connections.open(ended.set) if lasting else nullcontext():
                done, _ = await asyncio.wait(waiting, timeout=session.seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        if not done:
            session.expire()
        if leaving not in done:
            await stream.finish(session)

    async def _receive(self, scope: Scope, receive: Receive) -> _PreparedRequest:
        """Read and prepare the request. Raises Refusal."""
        async with time_limit(self.seconds, HTTPStatus.REQUEST_TIMEOUT):
            self.identity.check(scope)
            check_headers(scope)
            received = await receive_request(scope, receive)
            session = self.identity.session_of(received)
            if (viewer := await session.viewer()) is None:
                raise Unauthenticated(session.end_reason)
            request = read(received)
        caller = self.streams.caller(scope, viewer)
        return _PreparedRequest(session, request, caller, await self.streams.prepare(request, scope["method"], caller))


@dataclass(frozen=True, slots=True)
class _PreparedRequest:
    """A request with its session, its caller and its prepared operation."""

    session: Session
    request: GraphQLRequest
    caller: Caller
    prepared: Prepared


class _Stream:
    """Writes the event stream of one operation."""

    def __init__(self, request_id: str, send: Send) -> None:
        self._request_id = request_id
        self._send = send

    async def write(self, answers: AsyncGenerator[dict[str, Any], None]) -> None:
        """Send the results. An unexpected error is logged and sent as INTERNAL."""
        try:
            async with aclosing(answers):
                async for answer in answers:
                    await self._next(answer)
        except Exception:
            log.exception("stream.failed")
            await self._next(error_body(BROKEN, self._request_id))

    async def send_shared(self, shared: SharedAnswer) -> None:
        """Send a result that others get too."""
        await self._next_encoded(shared.payload)

    async def keep_alive(self) -> None:
        """Send a comment every KEEP_ALIVE_SECONDS."""
        while True:
            await asyncio.sleep(KEEP_ALIVE_SECONDS)
            await self._write(KEEP_ALIVE)

    async def finish(self, session: Session) -> None:
        """Complete the stream; if the session has ended, send the reason first."""
        if session.end_reason:
            await self._next(error_body(Unauthenticated(session.end_reason), self._request_id))
        await self._write(COMPLETE)
        await self._send({"type": "http.response.body", "body": b""})

    async def _next(self, answer: Mapping[str, Any]) -> None:
        await self._next_encoded(orjson.dumps(answer))

    async def _next_encoded(self, answer: bytes) -> None:
        await self._write(b"event: next\ndata: " + answer + b"\n\n")

    async def _write(self, event: bytes) -> None:
        await self._send({"type": "http.response.body", "body": event, "more_body": True})


async def _leaving(receive: Receive) -> None:
    """Wait until the client closes the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
