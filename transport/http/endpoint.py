"""The GraphQL endpoint: GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/) by POST and GET.

For a well-formed request, a response without `data` has status 4xx as `application/graphql-response+json`, and 200 as
`application/json`. Cross-site request forgery is harmless: authentication uses a header that browsers never add
by themselves, and the only cookie (`sender`) isn't sent across sites; POST accepts only JSON; GET runs only queries, which
have no side effects, so it needs no extra header.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from policies.viewer import Viewer
from resolvers.values.errors import PublicError
from transport.authentication.arrival import receive_request
from transport.authentication.bearer import Identity
from transport.errors import INTERNAL
from transport.graphql_request import GraphQLRequest
from transport.headers import RawHeader, header
from transport.http.negotiation import MediaType, accepted
from transport.http.request import check_headers, read
from transport.http.sender import RefreshCookie
from transport.limits.deadlines import Deadlines
from transport.limits.quotas import Payer, Quotas
from transport.logs import bind_facts
from transport.operations import OperationRunner, answer_of
from transport.refusal import CHARSET, Refusal, TimedOut, refuse
from transport.view_as import ViewAs, bind_viewed_as

MakeContext = Callable[[Viewer, str, str | None], object]
"""Makes an operation's context from the viewer, the request's ID and its Idempotency-Key.

The context's `execution`, if it has one, says how the operation ran.
"""

METHODS: Final = ("GET", "POST")
HEADERS: Final = {"Cache-Control": "no-store", "Vary": "Accept, Authorization, X-Crossgate-View-As"}
RAW_HEADERS: Final[Mapping[MediaType, tuple[RawHeader, ...]]] = {
    media_type: (
        (b"content-type", (media_type + CHARSET).encode()),
        *((name.lower().encode(), value.encode()) for name, value in HEADERS.items()),
    )
    for media_type in MediaType
}
UNPRINTABLE: Final = re.compile(r"[^ -~]+")
MAX_EXECUTION_LENGTH: Final = 200  # characters


class Answer(NamedTuple):
    """An operation's result, with the cost and execution that its headers report, and the refresh cookie that they set."""

    result: ExecutionResult
    cost: int | None = None
    execution: str | None = None
    refresh_cookie: str | None = None


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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id: str = scope["state"]["request_id"]
        media_type = MediaType.JSON
        try:
            if scope["method"] not in METHODS:
                allow = {"Allow": ", ".join(METHODS)}
                raise Refusal(
                    HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "Send GraphQL requests by POST or GET.", allow
                )
            media_type = accepted(header(scope, b"accept"))
            if media_type is MediaType.EVENT_STREAM:
                await self.events(scope, receive, send)
                return
            with self.refresh_cookie.sender_of(scope):
                answer = await self._answer(scope, receive, request_id)
        except Refusal as refusal:
            response = refuse(refusal, request_id, MediaType.JSON if media_type is MediaType.EVENT_STREAM else media_type)
            response.headers.update(HEADERS)
            await response(scope, receive, send)
        else:
            status, body = _encode(answer.result, request_id, media_type)
            headers = [*RAW_HEADERS[media_type], (b"content-length", b"%d" % len(body)), *_response_headers(answer)]
            if answer.refresh_cookie is not None:
                headers.append(self.refresh_cookie.set(answer.refresh_cookie))
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> Answer:
        """Read the request and run its operation, with one deadline for each. Raises Refusal."""
        timeout_status = HTTPStatus.REQUEST_TIMEOUT
        limit = asyncio.timeout(None)
        self.deadlines.begin(limit)
        try:
            async with limit:
                bind_facts(**self.identity.check(scope))
                check_headers(scope)
                request = await receive_request(scope, receive)
                timeout_status = HTTPStatus.GATEWAY_TIMEOUT
                self.deadlines.begin(limit)
                viewer = await self.identity.viewer(request)
                bind_facts(company_id=viewer.company_id)
                return await self._run(read(request), scope["method"], viewer, self.quotas.payer(scope, viewer), request_id)
        except TimeoutError:
            if not limit.expired():
                raise
            raise TimedOut(timeout_status, self.deadlines.seconds) from None
        finally:
            self.deadlines.forget(limit)

    async def _run(self, request: GraphQLRequest, method: str, viewer: Viewer, payer: Payer, request_id: str) -> Answer:
        try:
            operation = await self.operations.prepare(request, method, payer)
            context = await self._context(request, viewer, request_id)
        except PublicError as error:
            return Answer(PreExecutionError(data=None, errors=[error]))
        result = await self.operations.execute(operation, context)
        return Answer(result, operation.cost, getattr(context, "execution", None), getattr(context, "new_refresh_cookie", None))

    async def _context(self, request: GraphQLRequest, viewer: Viewer, request_id: str) -> object:
        """Make the context of an operation. Raises ViewAsRefused."""
        if request.view_as is None:
            return self.make_context(viewer, request_id, request.idempotency_key)
        context = await self.view_as(viewer, request.view_as, request_id)
        bind_viewed_as(context)
        return context


def _encode(result: ExecutionResult, request_id: str, media_type: MediaType) -> tuple[HTTPStatus, bytes]:
    """Return the status and body of a response. It has no `data` only if the operation didn't run."""
    answer = answer_of(result, request_id)
    return _status(answer, media_type), orjson.dumps(answer)


def _status(answer: Mapping[str, Any], media_type: MediaType) -> HTTPStatus:
    if "data" in answer:
        return HTTPStatus.OK
    if any(error["extensions"]["code"] == INTERNAL for error in answer["errors"]):
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return HTTPStatus.BAD_REQUEST if media_type is MediaType.GRAPHQL else HTTPStatus.OK


def _response_headers(answer: Answer) -> list[RawHeader]:
    """Return the headers that report an operation's cost and how it ran."""
    headers: list[RawHeader] = []
    if answer.cost is not None:
        headers.append((b"x-crossgate-cost", b"%d" % answer.cost))
    if answer.execution and (execution := _printable(answer.execution)):
        headers.append((b"x-crossgate-execution", execution))
    return headers


def _printable(text: str) -> bytes:
    """Make a text a valid header value."""
    return UNPRINTABLE.sub(" ", text).strip()[:MAX_EXECUTION_LENGTH].encode("ascii")
