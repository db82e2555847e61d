"""GraphQL over WebSocket (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md): only the
subprotocol `graphql-transport-ws`.

This module implements the protocol itself, because Strawberry's handler sends errors unmasked and shares one context between all
operations. A client that violates the protocol is disconnected with the protocol's own close code. Credentials come in
`connection_init`, because browsers can't set WebSocket headers, or in the Authorization header; if both, they must be equal. The
socket closes when they expire. The server bounds the size of messages.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Container, Mapping
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from starlette.types import Message, Receive, Scope, Send

from policies.viewer import ANONYMOUS
from resolvers.events.answers import SharedAnswer
from transport.authentication.bearer import Identity, Session, credentials_of, distinct, has_token_in_url
from transport.errors import INTERNAL_MESSAGE
from transport.failsafe import BROKEN
from transport.graphql_request import GraphQLRequest, parse_content
from transport.headers import header
from transport.http.json_body import parse_json
from transport.limits.capacity import Capacity, CapacityExceeded, Share, holder_of, origin_of
from transport.limits.quotas import MIN_CHARGE, RateLimited
from transport.logs import bind_facts, fork_facts, log, note_duration
from transport.realtime.streams import OpenConnections, Streams
from transport.refusal import BadRequest, DuplicateKey, Refusal, Unauthenticated, error_body
from transport.view_as import HEADER, VIEW_AS_HEADER

PROTOCOL: Final = "graphql-transport-ws"
GOING_AWAY: Final = 1001
TRY_LATER: Final = 1013
BAD_MESSAGE: Final = 4400
UNAUTHORIZED: Final = 4401  # in the protocol: an operation before `connection_init`
FORBIDDEN: Final = 4403  # in the protocol: rejected credentials
SUBPROTOCOL_NOT_ACCEPTABLE: Final = 4406
INIT_TIMEOUT: Final = 4408
SUBSCRIBER_EXISTS: Final = 4409
TOO_MANY_REQUESTS: Final = (
    4429  # in the protocol: a second `connection_init`; here also too many sockets, or an exhausted quota
)
INTERNAL_ERROR: Final = 4500
NOT_IN_URL: Final = "Send the token in connection_init or in the Authorization header, not in the URL."
VIEW_AS_MESSAGE: Final = f"{VIEW_AS_HEADER} works only with queries over HTTP. Connect without it."
REASON_BYTES: Final = 123  # the maximum length of the reason in a close frame


class Close(Exception):
    """Ends a socket with a close code and a reason, which is cut to 123 bytes."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:REASON_BYTES].decode(errors="ignore")


class ClientDisconnected(Exception):
    """The client has disconnected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketEndpoint:
    """The ASGI application for WebSockets at `/graphql`. A client has `seconds` to send `connection_init`."""

    streams: Streams
    identity: Identity
    connections: OpenConnections
    sockets: Capacity
    allowed_origins: Container[str]
    seconds: float
    max_operations: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        await receive()  # websocket.connect
        if not self._admits(header(scope, b"origin"), header(scope, b"host")):
            await send({"type": "websocket.close"})  # rejects the handshake with 403
        elif PROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            await send(
                {"type": "websocket.close", "code": SUBPROTOCOL_NOT_ACCEPTABLE, "reason": f"Use the subprotocol {PROTOCOL}."}
            )
        elif has_token_in_url(scope):
            await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
            await send({"type": "websocket.close", "code": BAD_MESSAGE, "reason": NOT_IN_URL})
        else:
            await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve an accepted socket, unless too many are open or the quota is used up."""
        try:
            self.streams.quotas.payer(scope, ANONYMOUS).charge(MIN_CHARGE)
            with self.sockets.hold(*origin_of(scope)):
                socket = _Socket(self, scope, receive, send)
                with self.connections.open(socket.leave):
                    await socket.serve()
        except (CapacityExceeded, RateLimited) as refusal:
            close = _close_for(refusal)
            await send({"type": "websocket.close", "code": close.code, "reason": close.reason})

    def _admits(self, origin: str | None, host: str | None) -> bool:
        """Return whether a page of this origin may connect: an allowed origin, the gateway's own, or none (not a browser)."""
        return origin is None or origin in self.allowed_origins or (host is not None and _host(origin) == host)


class _Socket:
    """One socket: its session and its running operations."""

    def __init__(self, endpoint: WebSocketEndpoint, scope: Scope, receive: Receive, send: Send) -> None:
        self._endpoint = endpoint
        self._scope = scope
        self._receive = receive
        self._sending = send
        self._request_id: str = scope["state"]["request_id"]
        self._headers = credentials_of(scope)
        self._has_view_as = any(name == HEADER for name, _ in scope["headers"])
        self._session: Session | None = None
        self._caller = endpoint.streams.caller(scope, ANONYMOUS)  # until connection_init
        self._held = ExitStack()  # the viewer's share of the capacity
        self._initialised = False
        self._operation_count = 0  # number of operations so far
        self._running: dict[str, tuple[GraphQLRequest, asyncio.Task[None]]] = {}  # by the client's operation ids
        self._tasks: set[asyncio.Task[None]] = set()  # including those about to end
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[Close | None] = self._loop.create_future()
        self._limit = self._loop.call_later(
            endpoint.seconds, self._end, Close(INIT_TIMEOUT, "Connection initialisation timeout")
        )
        self._handlers: Mapping[Any, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "connection_init": self._initialise,
            "ping": self._answer_ping,
            "pong": self._ignore,
            "subscribe": self._subscribe,
            "complete": self._complete,
        }

    def leave(self) -> None:
        """Close the socket because the server is shutting down."""
        self._end(Close(GOING_AWAY, "The gateway is shutting down. Reconnect."))

    async def serve(self) -> None:
        """Serve until either side closes the socket, then cancel everything that still runs for it."""
        reading = asyncio.create_task(self._read())
        try:
            close = await self._ended
            if close is not None and close.code == GOING_AWAY:
                reading.cancel()
                await self._finish()
        finally:
            self._limit.cancel()
            for task in (reading, *self._tasks):
                task.cancel()
            await asyncio.gather(reading, *self._tasks, return_exceptions=True)
            self._held.close()
        if close is not None:
            await self._sending({"type": "websocket.close", "code": close.code, "reason": close.reason})

    def _end(self, close: Close | None) -> None:
        """End the socket unless it has already ended. Without `close`, the client has disconnected."""
        if not self._ended.done():
            self._ended.set_result(close)

    async def _finish(self) -> None:
        """Wait for running queries and mutations, which have their own time limit. Don't wait for subscriptions."""
        for request, task in list(self._running.values()):
            if not self._endpoint.streams.is_subscription(request):
                await asyncio.wait([task])

    async def _read(self) -> None:
        try:
            while True:
                await self._handle(_content(await self._receive()))
        except ClientDisconnected:
            self._end(None)
        except Close as close:
            self._end(close)
        except Exception:
            log.exception("socket.failed")
            self._end(Close(INTERNAL_ERROR, INTERNAL_MESSAGE))

    async def _handle(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        handler = self._handlers.get(kind) if isinstance(kind, str) else None
        if handler is None:
            raise Close(BAD_MESSAGE, "Unknown message type.")
        await handler(message)

    async def _initialise(self, message: dict[str, Any]) -> None:
        if self._initialised:
            raise Close(TOO_MANY_REQUESTS, "Too many initialisation requests")
        self._initialised = True
        self._limit.cancel()
        if self._has_view_as or _has_view_as(message):
            raise Close(BAD_MESSAGE, VIEW_AS_MESSAGE)
        try:
            session = self._endpoint.identity.session(distinct([*self._headers, *_credentials(message)]), self._scope)
        except Unauthenticated as refusal:
            raise Close(FORBIDDEN, refusal.message) from None
        viewer = await session.viewer()
        if viewer is None:
            raise Close(FORBIDDEN, session.end_reason)
        bind_facts(user_id=viewer.user_id, company_id=viewer.company_id)
        self._caller = self._endpoint.streams.caller(self._scope, viewer)
        try:
            self._held.enter_context(self._endpoint.sockets.hold(*holder_of(viewer)))
            self._caller.payer.charge(MIN_CHARGE)
        except (CapacityExceeded, RateLimited) as refusal:
            raise _close_for(refusal) from None
        if session.seconds is not None:
            self._limit = self._loop.call_later(session.seconds, self._expire, session)
        self._session = session
        self._tasks.add(asyncio.create_task(self._watch(session)))
        await self._send({"type": "connection_ack"})

    async def _watch(self, session: Session) -> None:
        """Close the socket once one of the session's credentials has ended."""
        await session.ended()
        self._end(Close(FORBIDDEN, session.end_reason))

    def _expire(self, session: Session) -> None:
        session.expire()
        self._end(Close(FORBIDDEN, session.end_reason))

    async def _answer_ping(self, message: dict[str, Any]) -> None:
        await self._send({"type": "pong"} | ({"payload": message["payload"]} if "payload" in message else {}))

    async def _ignore(self, _message: dict[str, Any]) -> None:
        """Ignore a pong."""

    async def _complete(self, message: dict[str, Any]) -> None:
        if (running := self._running.pop(_id(message), None)) is not None:
            running[1].cancel()

    async def _subscribe(self, message: dict[str, Any]) -> None:
        if self._session is None:
            raise Close(UNAUTHORIZED, "Unauthorized")
        name, request = _id(message), _request(message)
        if name in self._running:
            raise Close(SUBSCRIBER_EXISTS, f"Subscriber for {name} already exists")
        self._operation_count += 1
        request_id = f"{self._request_id}.{self._operation_count}"
        if len(self._running) >= self._endpoint.max_operations:
            await self._send(
                {"type": "error", "id": name, "payload": error_body(_too_many_operations(self._endpoint), request_id)["errors"]}
            )
            return
        task = asyncio.create_task(self._run(name, request, self._session, request_id))
        self._running[name] = request, task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, name: str, request: GraphQLRequest, session: Session, request_id: str) -> None:
        """Run one operation and write its log line."""
        fork_facts(request_id=request_id)
        started, answer_count = time.perf_counter(), 0

        async def send(shared: SharedAnswer) -> None:
            nonlocal answer_count
            answer_count += 1
            await self._send_text(f'{{"type":"next","id":{encoded_name},"payload":{shared.text}}}')

        encoded_name = orjson.dumps(name).decode()
        try:
            prepared = await self._endpoint.streams.prepare(request, "POST", self._caller)
            async with aclosing(self._endpoint.streams.answers(prepared, session, request_id, self._caller, send)) as answers:
                async for answer in answers:
                    answer_count += 1
                    await self._send_answer(name, answer)
            if session.end_reason:
                self._end(Close(FORBIDDEN, session.end_reason))
            elif self._running.pop(name, None) is not None:
                await self._send({"type": "complete", "id": name})
        except ClientDisconnected:
            self._end(None)
        except Refusal as refusal:
            with suppress(ClientDisconnected):
                await self._send_answer(name, error_body(refusal, request_id))
        except Exception:
            log.exception("operation.failed")
            with suppress(ClientDisconnected):
                await self._send_answer(name, error_body(BROKEN, request_id))
        finally:
            seconds = time.perf_counter() - started
            note_duration(seconds)
            log.info("operation", answers=answer_count, milliseconds=round(seconds * 1000, 1))

    async def _send_answer(self, name: str, answer: dict[str, Any]) -> None:
        """Send a result of an operation. A result without data is the last."""
        if "data" in answer:
            await self._send({"type": "next", "id": name, "payload": answer})
        elif self._running.pop(name, None) is not None:
            await self._send({"type": "error", "id": name, "payload": answer["errors"]})

    async def _send(self, message: dict[str, Any]) -> None:
        """Send a message. Raises ClientDisconnected."""
        await self._send_text(orjson.dumps(message).decode())

    async def _send_text(self, text: str) -> None:
        """Send an encoded message. Raises ClientDisconnected."""
        try:
            await self._sending({"type": "websocket.send", "text": text})
        except OSError:
            raise ClientDisconnected from None


def _host(origin: str) -> str | None:
    """Return the host and port of an origin, or None if it isn't valid."""
    try:
        return urlsplit(origin).netloc
    except ValueError:  # an invalid host such as "[::1"
        return None


def _content(message: Message) -> dict[str, Any]:
    """Parse a message. Raises ClientDisconnected or Close."""
    if message["type"] == "websocket.disconnect":
        raise ClientDisconnected
    try:
        content = parse_json((message.get("text") or "").encode(), "The message")
    except DuplicateKey as refusal:
        raise Close(BAD_MESSAGE, refusal.message) from None
    except BadRequest:
        raise Close(BAD_MESSAGE, "Messages must be JSON text.") from None
    if not isinstance(content, dict):
        raise Close(BAD_MESSAGE, "Messages must be JSON objects.")
    return content


def _credentials(message: dict[str, Any]) -> list[str]:
    """Return the credentials in a `connection_init`. Raises Close."""
    payload = message.get("payload")
    if payload is None:
        return []
    if not isinstance(payload, dict):
        raise Close(BAD_MESSAGE, "The payload of connection_init must be an object.")
    credentials = [value for name, value in payload.items() if name.lower() == "authorization" and value is not None]
    if not all(isinstance(value, str) for value in credentials):
        raise Close(FORBIDDEN, "Authorization must be a string.")
    return credentials


def _has_view_as(message: dict[str, Any]) -> bool:
    """Return whether a `connection_init` requests view-as."""
    payload = message.get("payload")
    return isinstance(payload, dict) and any(name.lower() == VIEW_AS_HEADER.lower() for name in payload)


def _id(message: dict[str, Any]) -> str:
    """Return the id of a message. Raises Close."""
    name = message.get("id")
    if not isinstance(name, str) or not name:
        raise Close(BAD_MESSAGE, "The message id must be a non-empty string.")
    return name


def _request(message: dict[str, Any]) -> GraphQLRequest:
    """Parse the request in a `subscribe`. Raises Close."""
    payload = message.get("payload")
    if not isinstance(payload, dict):
        raise Close(BAD_MESSAGE, "The payload of subscribe must be an object.")
    try:
        return parse_content(payload)
    except BadRequest as refusal:
        raise Close(BAD_MESSAGE, refusal.message) from None


def _close_for(refusal: CapacityExceeded | RateLimited) -> Close:
    """Return the close frame for an exceeded limit. Clients reconnect by themselves after 1013, but not after 4429."""
    whole = isinstance(refusal, CapacityExceeded) and refusal.share is Share.GATEWAY
    return Close(TRY_LATER if whole else TOO_MANY_REQUESTS, f"{refusal.code}: {refusal.message}")


def _too_many_operations(endpoint: WebSocketEndpoint) -> Refusal:
    message = (
        f"This socket already runs {endpoint.max_operations} operations, the maximum. Complete one, or open another socket."
    )
    return Refusal(HTTPStatus.TOO_MANY_REQUESTS, "TOO_MANY_OPERATIONS", message)
