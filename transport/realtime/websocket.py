"""GraphQL over WebSocket (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md): `graphql-transport-ws` and no other.

Strawberry's handler writes errors as they are and one context serves all operations, so the protocol is spoken here. Whoever breaks
it is closed with the protocol's own code. Credentials come in `connection_init`, for browsers cannot set headers of a WebSocket, or
in the header of the request, or the same ones in both; the socket is closed when they end. The size of messages is bounded by the
server.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from starlette.types import Message, Receive, Scope, Send

from policies.viewer import ANONYMOUS
from transport.authentication.bearer import Identity, Session, credentials_of, distinct, has_token_in_url
from transport.errors import INTERNAL, INTERNAL_MESSAGE
from transport.graphql_request import GraphQLRequest, parse_content
from transport.headers import header
from transport.http.json_body import parse_json
from transport.limits.capacity import Capacity, CapacityExceeded, Share, holder_of, origin_of
from transport.limits.quotas import LEAST, RateLimited
from transport.logs import begin_facts, bind_facts, log
from transport.realtime.streams import OpenConnections, Streams
from transport.refusal import BadRequest, DuplicateKey, Refusal, Unauthenticated, error_body
from transport.view_as import HEADER, VIEW_AS_HEADER

PROTOCOL: Final = "graphql-transport-ws"
GOING_AWAY: Final = 1001
TRY_LATER: Final = 1013
BAD_MESSAGE: Final = 4400
UNAUTHORIZED: Final = 4401  # in the protocol: asks before it has said who it is
FORBIDDEN: Final = 4403  # in the protocol: is not let in
NO_PROTOCOL: Final = 4406
TOO_LATE: Final = 4408
TWICE: Final = 4409
TOO_MANY: Final = 4429  # in the protocol: initialises twice; here also too many sockets, and a spent quota
FAILED: Final = 4500
NOT_IN_URL: Final = "Send the token in connection_init or as a header, not in the address."
NOT_HERE: Final = f"{VIEW_AS_HEADER} is for queries by HTTP; a socket is always its own user's."
REASON_BYTES: Final = 123  # what a closing frame holds


class Close(Exception):
    """The end of a socket, and what its client is told of it."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:REASON_BYTES].decode(errors="ignore")


class ClientDisconnected(Exception):
    """The client has gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketEndpoint:
    """The ASGI application behind the WebSockets of `/graphql`. `seconds` is how long a client may take to say who it is."""

    streams: Streams
    identity: Identity
    connections: OpenConnections
    sockets: Capacity
    allowed_origins: tuple[str, ...]
    seconds: float
    most_operations: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        await receive()  # that it wants to connect
        if not self._admits(header(scope, b"origin"), header(scope, b"host")):
            await send({"type": "websocket.close"})  # which refuses it, 403
        elif PROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": NO_PROTOCOL, "reason": f"Speak {PROTOCOL}."})
        elif has_token_in_url(scope):
            await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
            await send({"type": "websocket.close", "code": BAD_MESSAGE, "reason": NOT_IN_URL})
        else:
            await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a socket that is accepted, unless there is one too many."""
        try:
            self.streams.quotas.payer(scope, ANONYMOUS).charge(LEAST)
            with self.sockets.hold(*origin_of(scope)):
                socket = _Socket(self, scope, receive, send)
                with self.connections.open(socket.leave):
                    await socket.serve()
        except (CapacityExceeded, RateLimited) as refusal:
            close = _closing(refusal)
            await send({"type": "websocket.close", "code": close.code, "reason": close.reason})

    def _admits(self, origin: str | None, host: str | None) -> bool:
        """Whether a page of this origin may open a socket: one that the settings allow, or the gateway's own; programs have none."""
        return (
            origin is None
            or "*" in self.allowed_origins
            or origin in self.allowed_origins
            or (host is not None and _host(origin) == host)
        )


class _Socket:
    """One socket: who is at its other end, and the operations that run for it."""

    def __init__(self, endpoint: WebSocketEndpoint, scope: Scope, receive: Receive, send: Send) -> None:
        self._endpoint = endpoint
        self._scope = scope
        self._receive = receive
        self._sending = send
        self._request_id: str = scope["state"]["request_id"]
        self._headers = credentials_of(scope)
        self._looks = any(name == HEADER for name, _ in scope["headers"])
        self._session: Session | None = None
        self._caller = endpoint.streams.caller(scope, ANONYMOUS)  # until it is known
        self._held = ExitStack()  # what counts for its viewer
        self._initialised = False
        self._begun = 0  # operations
        self._running: dict[str, tuple[GraphQLRequest, asyncio.Task[None]]] = {}  # by the client's ids
        self._tasks: set[asyncio.Task[None]] = set()  # those that are about to end too
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[Close | None] = self._loop.create_future()
        self._limit = self._loop.call_later(endpoint.seconds, self._end, Close(TOO_LATE, "Connection initialisation timeout"))
        self._handlers: Mapping[Any, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "connection_init": self._initialise,
            "ping": self._answer_ping,
            "pong": self._ignore,
            "subscribe": self._subscribe,
            "complete": self._complete,
        }

    def leave(self) -> None:
        """End it, since the server stops."""
        self._end(Close(GOING_AWAY, "The gateway stops."))

    async def serve(self) -> None:
        """Serve until either side ends it. Nothing of it is left then."""
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
        """End it, unless that has been done: without a code if the client has."""
        if not self._ended.done():
            self._ended.set_result(close)

    async def _finish(self) -> None:
        """Wait for what has one answer, which its own limit bounds; a subscription waits for nothing."""
        for asked, task in list(self._running.values()):
            if not self._endpoint.streams.is_subscription(asked):
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
            self._end(Close(FAILED, INTERNAL_MESSAGE))

    async def _handle(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        handler = self._handlers.get(kind) if isinstance(kind, str) else None
        if handler is None:
            raise Close(BAD_MESSAGE, "Unknown type of message.")
        await handler(message)

    async def _initialise(self, message: dict[str, Any]) -> None:
        if self._initialised:
            raise Close(TOO_MANY, "Too many initialisation requests")
        self._initialised = True
        self._limit.cancel()
        if self._looks or _looks(message):
            raise Close(BAD_MESSAGE, NOT_HERE)
        try:
            session = self._endpoint.identity.session(distinct([*self._headers, *_credentials(message)]))
        except Unauthenticated as refusal:
            raise Close(FORBIDDEN, refusal.message) from None
        viewer = await session.viewer()
        if viewer is None:
            raise Close(FORBIDDEN, session.over)
        bind_facts(user_id=viewer.user_id, company_id=viewer.company_id)
        self._caller = self._endpoint.streams.caller(self._scope, viewer)
        try:
            self._held.enter_context(self._endpoint.sockets.hold(*holder_of(viewer)))
            self._caller.payer.charge(LEAST)
        except (CapacityExceeded, RateLimited) as refusal:
            raise _closing(refusal) from None
        if session.seconds is not None:
            self._limit = self._loop.call_later(session.seconds, self._expire, session)
        self._session = session
        await self._send({"type": "connection_ack"})

    def _expire(self, session: Session) -> None:
        session.expire()
        self._end(Close(FORBIDDEN, session.over))

    async def _answer_ping(self, message: dict[str, Any]) -> None:
        await self._send({"type": "pong"} | ({"payload": message["payload"]} if "payload" in message else {}))

    async def _ignore(self, _message: dict[str, Any]) -> None:
        """A pong."""

    async def _complete(self, message: dict[str, Any]) -> None:
        if (running := self._running.pop(_id(message), None)) is not None:
            running[1].cancel()

    async def _subscribe(self, message: dict[str, Any]) -> None:
        if self._session is None:
            raise Close(UNAUTHORIZED, "Unauthorized")
        name, asked = _id(message), _asked(message)
        if name in self._running:
            raise Close(TWICE, f"Subscriber for {name} already exists")
        self._begun += 1
        request_id = f"{self._request_id}.{self._begun}"
        if len(self._running) >= self._endpoint.most_operations:
            await self._send(
                {"type": "error", "id": name, "payload": error_body(_too_many(self._endpoint), request_id)["errors"]}
            )
            return
        task = asyncio.create_task(self._run(name, asked, self._session, request_id))
        self._running[name] = asked, task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, name: str, asked: GraphQLRequest, session: Session, request_id: str) -> None:
        """Run one operation, and write its line in the log."""
        begin_facts(request_id=request_id)
        started, told_of = time.perf_counter(), 0
        try:
            prepared = await self._endpoint.streams.prepare(asked, "POST", self._caller)
            async with aclosing(self._endpoint.streams.answers(prepared, session, request_id, self._caller)) as answers:
                async for answer in answers:
                    told_of += 1
                    await self._tell(name, answer)
            if session.over:
                self._end(Close(FORBIDDEN, session.over))
            elif self._running.pop(name, None) is not None:
                await self._send({"type": "complete", "id": name})
        except ClientDisconnected:
            self._end(None)
        except Refusal as refusal:
            with suppress(ClientDisconnected):
                await self._tell(name, error_body(refusal, request_id))
        except Exception:
            log.exception("operation.failed")
            broken = Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, INTERNAL, INTERNAL_MESSAGE)
            with suppress(ClientDisconnected):
                await self._tell(name, error_body(broken, request_id))
        finally:
            log.info("operation", answers=told_of, milliseconds=round((time.perf_counter() - started) * 1000, 1))

    async def _tell(self, name: str, answer: dict[str, Any]) -> None:
        """Send an answer of an operation; one without data is its last."""
        if "data" in answer:
            await self._send({"type": "next", "id": name, "payload": answer})
        elif self._running.pop(name, None) is not None:
            await self._send({"type": "error", "id": name, "payload": answer["errors"]})

    async def _send(self, message: dict[str, Any]) -> None:
        """Send a message. Raises Left."""
        try:
            await self._sending({"type": "websocket.send", "text": orjson.dumps(message).decode()})
        except OSError:
            raise ClientDisconnected from None


def _host(origin: str) -> str | None:
    """The host of an origin, with its port; None where it has none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:  # a host such as "[::1", which is none
        return None


def _content(message: Message) -> dict[str, Any]:
    """The content of a message. Raises Left or Close."""
    if message["type"] == "websocket.disconnect":
        raise ClientDisconnected
    try:
        content = parse_json((message.get("text") or "").encode(), "The message")
    except DuplicateKey as refusal:
        raise Close(BAD_MESSAGE, refusal.message) from None
    except BadRequest:
        raise Close(BAD_MESSAGE, "A message must be text, in JSON.") from None
    if not isinstance(content, dict):
        raise Close(BAD_MESSAGE, "A message must be a JSON object.")
    return content


def _credentials(message: dict[str, Any]) -> list[str]:
    """The credentials in a `connection_init`. Raises Close."""
    payload = message.get("payload")
    if payload is None:
        return []
    if not isinstance(payload, dict):
        raise Close(BAD_MESSAGE, "The payload of connection_init must be an object.")
    found = [value for name, value in payload.items() if name.lower() == "authorization" and value is not None]
    if not all(isinstance(value, str) for value in found):
        raise Close(FORBIDDEN, "Authorization must be a string.")
    return found


def _looks(message: dict[str, Any]) -> bool:
    """Whether a `connection_init` asks to look as another."""
    payload = message.get("payload")
    return isinstance(payload, dict) and any(name.lower() == VIEW_AS_HEADER.lower() for name in payload)


def _id(message: dict[str, Any]) -> str:
    """The id of a message. Raises Close."""
    name = message.get("id")
    if not isinstance(name, str) or not name:
        raise Close(BAD_MESSAGE, "The id of a message must be a string that is not empty.")
    return name


def _asked(message: dict[str, Any]) -> GraphQLRequest:
    """The request in a `subscribe`. Raises Close."""
    payload = message.get("payload")
    if not isinstance(payload, dict):
        raise Close(BAD_MESSAGE, "The payload of subscribe must be an object.")
    try:
        return parse_content(payload)
    except BadRequest as refusal:
        raise Close(BAD_MESSAGE, refusal.message) from None


def _closing(refusal: CapacityExceeded | RateLimited) -> Close:
    """How a socket ends where a bound is met. Clients connect again after 1013, and not by themselves after 4429."""
    whole = isinstance(refusal, CapacityExceeded) and refusal.share is Share.PROCESS
    return Close(TRY_LATER if whole else TOO_MANY, f"{refusal.code}: {refusal.message}")


def _too_many(endpoint: WebSocketEndpoint) -> Refusal:
    message = (
        f"This socket runs {endpoint.most_operations} operations, as many as it may. Complete one, or open another socket."
    )
    return Refusal(HTTPStatus.TOO_MANY_REQUESTS, "TOO_MANY_OPERATIONS", message)
