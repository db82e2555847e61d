"""The direct way to the GraphQL endpoint: what the middleware does for a plain POST, in one step and without its calls in between.

Each part is done by the middleware's own methods, so nothing is said twice, and the response is the same byte for byte. Requests that
need more of the middleware take its way: other methods and paths, query strings, bodies of unknown length, and event streams. For a
small query, the middleware's way costs nearly half as much as the query.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from transport.failsafe import failure
from transport.headers import VARIES, RawHeader, header
from transport.http.compression import MINIMUM_SIZE
from transport.http.endpoint import GraphQLEndpoint, Response
from transport.http.negotiation import MediaType, accepted
from transport.limits.body_size import content_length, counted
from transport.limits.peers import PEER, peer_of
from transport.logs import CLOSED_EARLY
from transport.refusal import Refusal, refuse

PATH: Final = "/graphql"
RESPONSE: Final = "response"  # the key of the response in a request's state


class Direct:
    """Middleware that answers plain POST requests to PATH itself, in the place of all middleware after it."""

    def __init__(self, app: ASGIApp, *, endpoint: GraphQLEndpoint, parts: Sequence[Middleware], max_body_bytes: int) -> None:
        """`parts` are the middleware for the log, the security headers, CORS and compression."""
        self.app = app
        self._endpoint = endpoint
        log, safe, cors, compressed = (part.cls(_send_response, *part.args, **part.kwargs) for part in parts)
        self._log: Any = log
        self._safe: Any = safe
        self._cors: Any = cors
        self._compressed: Any = compressed
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (media_type := self._plain(scope)) is None:
            await self.app(scope, receive, send)
            return
        facts, status, started = self._log.begin(scope), CLOSED_EARLY, time.perf_counter()
        PEER.set(peer_of(scope))
        try:
            response = await self._respond(scope, counted(receive, self._max_body_bytes), media_type)
            if response is not None:
                status = response.status
                await self._send(response, scope, receive, send)
        finally:
            self._log.end(scope, facts, status, time.perf_counter() - started)

    def _plain(self, scope: Scope) -> MediaType | None:
        """Return the type of the response, or None if the request needs the middleware."""
        if scope["path"] != PATH or scope["method"] != "POST" or scope["query_string"]:
            return None
        if not 0 < content_length(scope) <= self._max_body_bytes:
            return None
        try:
            media_type = accepted(header(scope, b"accept"))
        except Refusal:
            return None
        return None if media_type is MediaType.EVENT_STREAM else media_type

    async def _respond(self, scope: Scope, receive: Receive, media_type: MediaType) -> Response | None:
        """Return the endpoint's response, or the one for its failure. None if the client has left."""
        try:
            return await self._endpoint.respond(scope, receive, media_type)
        except Exception as error:
            refusal = failure(error)
            return None if refusal is None else Response.of(refuse(refusal, scope["state"]["request_id"]))

    async def _send(self, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a response with the headers of all parts, compressed if it's large enough."""
        is_short = len(response.body) < MINIMUM_SIZE and response.pieces is None
        if is_short and not self._cors.applies(scope):
            await response._replace(headers=self._complete([*response.headers, VARIES], scope)).send(send)
            return

        async def finish(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._complete(message["headers"], scope)
            await send(message)

        vary = self._cors.varying(scope, finish)
        if is_short:
            await response.send(vary)
            return
        scope["state"][RESPONSE] = response
        await self._compressed(scope, receive, vary)

    def _complete(self, headers: Sequence[RawHeader], scope: Scope) -> list[RawHeader]:
        """Add the security headers, and those of the log."""
        return [*self._safe.headers(headers), *self._log.added(scope)]


async def _send_response(scope: Scope, _receive: Receive, send: Send) -> None:
    """An application that sends the response in the request's state."""
    await scope["state"][RESPONSE].send(send)
