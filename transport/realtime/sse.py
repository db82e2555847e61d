"""GraphQL over server-sent events (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md), one connection an operation.

What is wrong with the HTTP request is refused as ever; what is wrong with the operation is told in the stream, as the protocol asks.
A client ends a subscription by closing its connection.
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

from transport.authentication.arrival import receive_request
from transport.authentication.bearer import Identity, Session
from transport.errors import INTERNAL, INTERNAL_MESSAGE
from transport.graphql_request import GraphQLRequest
from transport.http.negotiation import MediaType
from transport.http.request import check_headers, read
from transport.limits.capacity import Capacity
from transport.logs import log
from transport.realtime.streams import Caller, OpenConnections, Prepared, Streams
from transport.refusal import CHARSET, Refusal, TimedOut, Unauthenticated, error_body

KEEP_ALIVE_SECONDS: Final = 12.0  # proxies commonly close what is silent for 60
KEEP_ALIVE: Final = b":\n\n"  # a comment
COMPLETE: Final = b"event: complete\ndata:\n\n"
HEADERS: Final = (
    (b"content-type", (MediaType.EVENT_STREAM + CHARSET).encode()),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept, Authorization, X-Crossgate-View-As"),
    (b"x-accel-buffering", b"no"),  # proxies that gather answers would hold events back
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStreams:
    """The ASGI application for requests that want their answers as events."""

    streams: Streams
    identity: Identity
    connections: OpenConnections
    sockets: Capacity
    seconds: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer until nothing more comes, the client leaves, or it may not go on. Raises Refusal before anything is sent."""
        asked = await self._asked(scope, receive)
        with self.sockets.hold(*asked.caller.holders):
            await self._serve(asked, scope, receive, send)

    async def _serve(self, asked: _Asked, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answers for as long as it lasts."""
        session = asked.session
        stream = _Stream(scope["state"]["request_id"], send)
        await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": list(HEADERS)})
        ended = asyncio.Event()
        waiting = {
            asyncio.create_task(ended.wait()),
            asyncio.create_task(
                stream.write(self.streams.answers(asked.prepared, session, scope["state"]["request_id"], asked.caller))
            ),
            asyncio.create_task(stream.keep_alive()),
            leaving := asyncio.create_task(_leaving(receive)),
        }
        try:
            lasting = self.streams.is_subscription(asked.request)  # what has one answer is finished, as other requests are
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

    async def _asked(self, scope: Scope, receive: Receive) -> _Asked:
        """Who asks, and what. Raises Refusal."""
        limit = asyncio.timeout(self.seconds)
        try:
            async with limit:
                self.identity.check(scope)
                check_headers(scope)
                request = await receive_request(scope, receive)
                session = self.identity.session_of(request)
                if (viewer := await session.viewer()) is None:
                    raise Unauthenticated(session.over)
                asked = read(request)
        except TimeoutError:
            if not limit.expired():
                raise
            raise TimedOut(HTTPStatus.REQUEST_TIMEOUT, self.seconds) from None
        caller = self.streams.caller(scope, viewer)
        return _Asked(session, asked, caller, await self.streams.prepare(asked, scope["method"], caller))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request: who sends it, what it asks, and what is to run."""

    session: Session
    request: GraphQLRequest
    caller: Caller
    prepared: Prepared


class _Stream:
    """The events of one operation."""

    def __init__(self, request_id: str, send: Send) -> None:
        self._request_id = request_id
        self._send = send

    async def write(self, answers: AsyncGenerator[dict[str, Any], None]) -> None:
        """Send the answers."""
        try:
            async with aclosing(answers):
                async for answer in answers:
                    await self._next(answer)
        except Exception:
            log.exception("stream.failed")
            broken = Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, INTERNAL, INTERNAL_MESSAGE)
            await self._next(error_body(broken, self._request_id))

    async def keep_alive(self) -> None:
        """Say from time to time that the connection is there."""
        while True:
            await asyncio.sleep(KEEP_ALIVE_SECONDS)
            await self._write(KEEP_ALIVE)

    async def finish(self, session: Session) -> None:
        """Say that nothing more comes, and why if it might have."""
        if session.over:
            await self._next(error_body(Unauthenticated(session.over), self._request_id))
        await self._write(COMPLETE)
        await self._send({"type": "http.response.body", "body": b""})

    async def _next(self, answer: Mapping[str, Any]) -> None:
        await self._write(b"event: next\ndata: " + orjson.dumps(answer) + b"\n\n")

    async def _write(self, event: bytes) -> None:
        await self._send({"type": "http.response.body", "body": event, "more_body": True})


async def _leaving(receive: Receive) -> None:
    """Returns once the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
