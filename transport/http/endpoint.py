"""The GraphQL endpoint: GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/) by POST, GET and QUERY (RFC 10008).

For a well-formed request, a response without `data` has status 4xx as `application/graphql-response+json`, and 200 as
`application/json`. Cross-site request forgery is harmless: authentication uses a header that browsers never add
by themselves, and the only cookie (`sender`) isn't sent across sites; POST accepts only JSON; GET and QUERY run only queries, which
have no side effects, so they need no extra header.

A batch is a list of requests, and its response is the list of their responses, with status 200. Nothing runs until all operations
are within bounds, each one and all together. Then they run one after another.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, NamedTuple, Self

import orjson
from graphql import OperationType
from starlette.responses import Response as StarletteResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from models.replicas import ReplicaReads
from policies.viewer import Viewer
from resolvers.values.errors import PublicError
from schema.extensions.planned_queries import StreamedResult
from transport.authentication.arrival import ReceivedRequest, receive_request
from transport.authentication.bearer import Identity, PresumedViewer
from transport.errors import INTERNAL
from transport.graphql_request import GraphQLRequest
from transport.headers import RawHeader, header
from transport.http.negotiation import MediaType, accepted
from transport.http.replicas import ClientReplicas
from transport.http.request import check_headers, read_all
from transport.http.sender import RefreshCookie, forget_sender
from transport.http.streamed_results import MadeAhead, encoded, joined
from transport.limits.bounds import Size
from transport.limits.deadlines import Deadlines
from transport.limits.quotas import Payer, Quotas
from transport.logs import bind_facts
from transport.operations import Operation, OperationRunner, answer_of
from transport.refusal import CHARSET, BadRequest, Refusal, TimedOut, error_body, refuse
from transport.view_as import ViewAs, bind_viewed_as

MakeContext = Callable[[Viewer, str, str | None], object]
"""Makes an operation's context from the viewer, the request's ID and its Idempotency-Key.

The context's `execution`, if it has one, says how the operation ran.
"""

METHODS: Final = ("GET", "POST", "QUERY")
HEADERS: Final = {"Cache-Control": "no-store", "Vary": "Accept, Authorization, X-Crossgate-View-As"}
RAW_HEADERS: Final[Mapping[MediaType, tuple[RawHeader, ...]]] = {
    media_type: (
        (b"content-type", (media_type + CHARSET).encode()),
        *((name.lower().encode(), value.encode()) for name, value in HEADERS.items()),
    )
    for media_type in MediaType
}
OK: Final = HTTPStatus.OK  # constants, because Python 3.11 looks up the members of this class by a call
SLOW_REQUEST: Final = HTTPStatus.REQUEST_TIMEOUT
SLOW_ANSWER: Final = HTTPStatus.GATEWAY_TIMEOUT
UNPRINTABLE: Final = re.compile(r"[^ -~]+")
MAX_EXECUTION_LENGTH: Final = 200  # characters
EXECUTION_CACHE_SIZE: Final = 256  # what ran operations is said in few ways, without values
MAX_ATTEMPTS: Final = 20  # to run a query while its viewer's rights are being changed


class Answer(NamedTuple):
    """An operation's result, with what its headers report: cost, execution, refresh cookie, and the primary's position.

    If the result is `streamed`, it isn't complete yet.
    """

    result: ExecutionResult
    cost: int | None = None
    execution: str | None = None
    refresh_cookie: str | None = None
    position: str | None = None
    streamed: StreamedResult | None = None


class Response(NamedTuple):
    """An HTTP response: a body, or pieces of one that are made while it's sent."""

    status: int
    headers: list[RawHeader]
    body: bytes
    pieces: AsyncGenerator[bytes, None] | None = None

    @classmethod
    def of(cls, response: StarletteResponse) -> Self:
        """Return a response of Starlette's."""
        return cls(response.status_code, response.raw_headers, bytes(response.body))

    async def send(self, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        if self.pieces is not None:
            async with aclosing(self.pieces) as pieces:
                async for piece in pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": self.body})


@dataclass(slots=True)
class Batch:
    """The answers of a batch so far, in the order of its operations."""

    operations: int
    answers: list[Answer] = field(default_factory=list)
    refusal: Refusal | None = None  # of the operations without an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLEndpoint:
    """The ASGI application at `/graphql`, and at `/graphql/refresh`, where the refresh cookie counts too.

    `events` serves requests that prefer an event stream.
    """

    operations: OperationRunner
    identity: Identity
    make_context: MakeContext
    view_as: ViewAs
    deadlines: Deadlines
    quotas: Quotas
    events: ASGIApp
    refresh_cookie: RefreshCookie
    max_batch_operations: int
    replicas: ClientReplicas | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            media_type = _media_type(scope)
            if media_type is MediaType.EVENT_STREAM:
                await self.events(scope, receive, send)
                return
        except Refusal as refusal:
            response = _refused(refusal, scope["state"]["request_id"])
        else:
            response = await self.respond(scope, receive, media_type)
        await response.send(send)

    async def respond(self, scope: Scope, receive: Receive, media_type: MediaType) -> Response:
        """Return the whole response to a request, as one of the types that aren't streamed."""
        request_id: str = scope["state"]["request_id"]
        self.refresh_cookie.store(scope)
        try:
            answer = await self._answer(scope, receive, request_id)
        except Refusal as refusal:
            return _refused(refusal, request_id, media_type)
        finally:
            forget_sender()
        if isinstance(answer, Batch):
            answers, (status, body) = answer.answers, _encode_batch(answer, request_id)
        elif answer.streamed is not None:
            return await self._streaming(answer, answer.streamed, scope, receive, media_type)
        else:
            answers, (status, body) = [answer], _encode(answer, request_id, media_type)
        headers = [*RAW_HEADERS[media_type], (b"content-length", b"%d" % len(body)), *self._headers(answers)]
        return Response(status, headers, body)

    async def _streaming(
        self, answer: Answer, streamed: StreamedResult, scope: Scope, receive: Receive, media_type: MediaType
    ) -> Response:
        """Return the response of a result that is sent in pieces. HTTP/1.0 has no pieces."""
        headers = [*RAW_HEADERS[media_type], *self._headers([answer])]
        pieces = MadeAhead(encoded(streamed, scope["state"]["request_id"]), receive, self.deadlines.seconds).read()
        if scope["http_version"] != "1.0":
            return Response(OK, headers, b"", pieces)
        body = await joined(pieces)
        return Response(OK, [*headers, (b"content-length", b"%d" % len(body))], body)

    def _headers(self, answers: list[Answer]) -> list[RawHeader]:
        """Return the headers that report the cost of the operations, how they ran, the last position and the last cookie."""
        cost, position, cookie, executions = None, None, None, dict[str, None]()
        for answer in answers:
            if answer.cost is not None:
                cost = answer.cost + (cost or 0)
            if answer.execution:
                executions[answer.execution] = None
            position = position if answer.position is None else answer.position
            cookie = cookie if answer.refresh_cookie is None else answer.refresh_cookie
        headers: list[RawHeader] = []
        if cost is not None:
            headers.append((b"x-crossgate-cost", b"%d" % cost))
        if execution := _printable("; ".join(executions)):
            headers.append((b"x-crossgate-execution", execution))
        if position is not None:
            headers.append((b"crossgate-position", position.encode()))
        if cookie is not None:
            headers.append(self.refresh_cookie.set(cookie))
        return headers

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> Answer | Batch:
        """Read the request and run its operation, or those of its batch, with one deadline for each. Raises Refusal."""
        batch: Batch | None = None
        timeout_status = SLOW_REQUEST
        limit = asyncio.timeout(None)
        self.deadlines.begin(limit)
        try:
            async with limit:
                bind_facts(**self.identity.check(scope))
                check_headers(scope)
                if self.replicas is not None:
                    self.replicas.receive(scope)
                request = await receive_request(scope, receive)
                timeout_status = SLOW_ANSWER
                self.deadlines.begin(limit)
                sender = await self.identity.presumed_viewer(request)
                bind_facts(company_id=sender.viewer.company_id)
                payer = self.quotas.payer(scope, sender.viewer)
                parsed = await self._read(request, sender)
                if not isinstance(parsed, list):
                    return await self._run(parsed, scope["method"], sender, payer, request_id)
                viewer = await sender.current()
                batch = Batch(len(parsed))
                prepared = await self._prepare(parsed, scope["method"], payer)
                await self._run_batch(batch, prepared, request, viewer)
                return batch
        except TimeoutError:
            if not limit.expired():
                raise
            timed_out = TimedOut(timeout_status, self.deadlines.seconds)
            if batch is None or not batch.answers:
                raise timed_out from None
            batch.refusal = timed_out
            return batch
        finally:
            self.deadlines.forget(limit)

    async def _read(self, request: ReceivedRequest, sender: PresumedViewer) -> GraphQLRequest | list[GraphQLRequest]:
        """Parse a request. Raises Refusal; for a sender that no longer exists, the one that says so."""
        try:
            return read_all(request, self.max_batch_operations)
        except Refusal:
            await sender.current()
            raise

    async def _run(self, request: GraphQLRequest, method: str, sender: PresumedViewer, payer: Payer, request_id: str) -> Answer:
        """Run one operation. Raises Refusal; for a sender that no longer exists, the one that says so."""
        try:
            operation = await self.operations.prepare(request, method, payer)
        except PublicError as error:
            await sender.current()
            return _failed(error)
        except Refusal:
            await sender.current()
            raise
        with self.operations.span(operation):
            answer = await self._execute_presumed(operation, sender, request_id)
            return answer or await self._execute(operation, await sender.current(), request_id, may_stream=True)

    async def _execute_presumed(self, operation: Operation, sender: PresumedViewer, request_id: str) -> Answer | None:
        """Run a query by its plan for the presumed viewer, and again if it has just changed. None if that is impossible."""
        if operation.request.view_as is not None:
            return None
        reads = self._reads(operation, sender)
        for _ in range(MAX_ATTEMPTS):
            if (guard := sender.guard) is None:
                return None
            context: Any = self.make_context(sender.viewer, request_id, operation.request.idempotency_key)
            if reads is not None:
                guard.source = context.reader = reads
            elif self.operations.streamed and (streamed := await self.operations.stream(operation, context, guard)):
                return _answer(operation, streamed.result, context)._replace(streamed=streamed)
            result = await self.operations.run_planned(operation, context, guard)
            if result is not None:
                return _answer(operation, result, context)
            if not guard.is_stale and reads is None:
                return None
            reads = None  # a replica that couldn't answer isn't tried again
            await sender.presume(again=guard.is_stale)
        return None

    def _reads(self, operation: Operation, sender: PresumedViewer) -> ReplicaReads | None:
        """Return reads on a replica for a signed-in viewer's query, or None."""
        if self.replicas is None or sender.guard is None or operation.kind is not OperationType.QUERY:
            return None
        return self.replicas.reads()

    async def _prepare(self, requests: list[GraphQLRequest], method: str, payer: Payer) -> list[Operation | Answer]:
        """Prepare the operations of a batch. An operation that can't run has its answer already. Raises Refusal."""
        prepared: list[Operation | Answer] = []
        for request in requests:
            try:
                prepared.append(await self.operations.prepare(request, method, payer))
            except PublicError as error:
                prepared.append(_failed(error))
        self._check_together([each.size for each in prepared if isinstance(each, Operation)])
        return prepared

    async def _run_batch(
        self, batch: Batch, prepared: list[Operation | Answer], request: ReceivedRequest, viewer: Viewer
    ) -> None:
        """Run the operations in order. The viewer is loaded again after a mutation, which can change its rights.

        A refusal after the first answer is reported in the batch.
        """
        changed = False
        try:
            for each in prepared:
                if isinstance(each, Answer):
                    batch.answers.append(each)
                    continue
                viewer = await self.identity.viewer(request) if changed else viewer
                changed = each.kind is OperationType.MUTATION
                with self.operations.span(each):
                    batch.answers.append(await self._execute(each, viewer, request.scope["state"]["request_id"]))
        except Refusal as refusal:
            if not batch.answers:
                raise
            batch.refusal = refusal

    def _check_together(self, sizes: list[Size]) -> None:
        """Raise BadRequest if the operations of a batch are too much together."""
        total = Size(sum(size.cost for size in sizes), sum(size.values for size in sizes))
        bind_facts(batch=len(sizes), cost=total.cost)
        try:
            self.operations.bounds.check(total)
        except PublicError as error:
            raise BadRequest(f"The operations of the batch are too much together: {error}", error.code) from None

    async def _execute(self, operation: Operation, viewer: Viewer, request_id: str, *, may_stream: bool = False) -> Answer:
        """Run a prepared operation. Raises Refusal."""
        try:
            context = await self._context(operation.request, viewer, request_id)
        except PublicError as error:
            return _failed(error)
        may_stream = may_stream and operation.request.view_as is None
        if may_stream and (streamed := await self.operations.stream(operation, context, None)):
            return _answer(operation, streamed.result, context)._replace(streamed=streamed)
        answer = _answer(operation, await self.operations.run(operation, context), context)
        if operation.kind is OperationType.MUTATION and self.replicas is not None:
            return answer._replace(position=await self.replicas.position())
        return answer

    async def _context(self, request: GraphQLRequest, viewer: Viewer, request_id: str) -> object:
        """Make the context of an operation. Raises ViewAsRefused."""
        if request.view_as is None:
            return self.make_context(viewer, request_id, request.idempotency_key)
        context = await self.view_as(viewer, request.view_as, request_id)
        bind_viewed_as(context)
        return context


def _media_type(scope: Scope) -> MediaType:
    """Return the type of the response that the client prefers. Raises Refusal."""
    if scope["method"] not in METHODS:
        allow = {"Allow": ", ".join(METHODS), "Accept-Query": MediaType.JSON}
        raise Refusal(
            HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "Send GraphQL requests by POST, GET or QUERY.", allow
        )
    return accepted(header(scope, b"accept"))


def _refused(refusal: Refusal, request_id: str, media_type: MediaType = MediaType.JSON) -> Response:
    response = refuse(refusal, request_id, media_type)
    response.headers.update(HEADERS)
    return Response.of(response)


def _answer(operation: Operation, result: ExecutionResult, context: object) -> Answer:
    return Answer(result, operation.cost, getattr(context, "execution", None), getattr(context, "new_refresh_cookie", None))


def _failed(error: PublicError) -> Answer:
    return Answer(PreExecutionError(data=None, errors=[error]))


def _encode(answer: Answer, request_id: str, media_type: MediaType) -> tuple[HTTPStatus, bytes]:
    """Return the status and body of a response. It has no `data` only if the operation didn't run."""
    response = answer_of(answer.result, request_id)
    return _status(response, media_type), orjson.dumps(response)


def _encode_batch(batch: Batch, request_id: str) -> tuple[HTTPStatus, bytes]:
    """Return the status and body of a batch's response."""
    responses = [answer_of(answer.result, request_id) for answer in batch.answers]
    if batch.refusal is not None:
        responses += [error_body(batch.refusal, request_id)] * (batch.operations - len(responses))
    return OK, orjson.dumps(responses)


def _status(answer: Mapping[str, Any], media_type: MediaType) -> HTTPStatus:
    if "data" in answer:
        return OK
    if any(error["extensions"]["code"] == INTERNAL for error in answer["errors"]):
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return HTTPStatus.BAD_REQUEST if media_type is MediaType.GRAPHQL else OK


@lru_cache(EXECUTION_CACHE_SIZE)
def _printable(text: str) -> bytes:
    """Make a text a valid header value."""
    return UNPRINTABLE.sub(" ", text).strip()[:MAX_EXECUTION_LENGTH].encode("ascii")
