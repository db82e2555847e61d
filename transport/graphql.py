"""The GraphQL endpoint: GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/) by POST and GET.

An answer without data has a 4xx status as `application/graphql-response+json`, and 200 as `application/json`, if the
request was well-formed. Requests forged by other sites do no harm: viewers are known by a header that no browser adds by
itself, never by a cookie; POST takes JSON only; GET runs queries only, which have no effects, so it asks for no header.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeVar

import orjson
import strawberry
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from policies.viewer import Viewer
from resolvers.errors import PublicError
from transport.documents import Documents, require_runnable, select
from transport.errors import BAD_USER_INPUT, INTERNAL, VALIDATION_FAILED, publish
from transport.identity import Identity
from transport.logs import bind_facts
from transport.negotiation import MediaType, accepted, require_json
from transport.refusal import CHARSET, Refusal, TimedOut, refuse
from transport.request import GraphQLRequest, from_body, from_query

MakeContext = Callable[[Viewer, str], object]
"""Makes the context of an operation from its viewer and the request's id."""

T = TypeVar("T")
METHODS: Final = ("GET", "POST")
LOGGED_NAME: Final = 100  # characters of an operation's name in the log
HEADERS: Final = {"Cache-Control": "no-store", "Vary": "Accept, Authorization"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLEndpoint:
    """The ASGI application behind `/graphql`."""

    schema: strawberry.Schema
    documents: Documents
    identity: Identity
    make_context: MakeContext
    timeout: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        media_type = MediaType.JSON
        try:
            media_type = accepted(request.headers.get("accept"))
            response = await self._answer(request, media_type)
        except Refusal as refusal:
            response = refuse(refusal, request.state.request_id, media_type)
        response.headers.update(HEADERS)
        await response(scope, receive, send)

    async def _answer(self, request: Request, media_type: MediaType) -> Response:
        if request.method not in METHODS:
            headers = {"Allow": ", ".join(METHODS)}
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "Send queries by POST or GET.", headers)
        viewer = await self._within(HTTPStatus.GATEWAY_TIMEOUT, self.identity.viewer(request.headers))
        bind_facts(user_id=viewer.user_id, company_id=viewer.company_id)
        asked = await self._within(HTTPStatus.REQUEST_TIMEOUT, _read(request))
        result = await self._within(HTTPStatus.GATEWAY_TIMEOUT, self._run(request, asked, viewer))
        return _written(result, request.state.request_id, media_type)

    async def _run(self, request: Request, asked: GraphQLRequest, viewer: Viewer) -> ExecutionResult:
        try:
            operation = select(self.documents.parse(asked.query), asked.operation_name)
        except PublicError as error:
            return PreExecutionError(data=None, errors=[error])
        require_runnable(operation, request.method)
        name = operation.name.value if operation.name else None
        bind_facts(operation=name and name[:LOGGED_NAME], operation_type=operation.operation.value)
        return await self.schema.execute(
            asked.query,
            variable_values=asked.variables,
            operation_name=name,
            context_value=self.make_context(viewer, request.state.request_id),
            operation_extensions=asked.extensions,
        )

    async def _within(self, status: HTTPStatus, work: Awaitable[T]) -> T:
        limit = asyncio.timeout(self.timeout)
        try:
            async with limit:
                return await work
        except TimeoutError:
            if not limit.expired():
                raise
            raise TimedOut(status, self.timeout) from None


async def _read(request: Request) -> GraphQLRequest:
    if request.method == "GET":
        return from_query(request.query_params)
    require_json(request.headers.get("content-type"))
    return from_body(await request.body())


def _written(result: ExecutionResult, request_id: str, media_type: MediaType) -> Response:
    """The answer of an operation that ran, or of a request that did not get so far: only then it has no `data`."""
    errors = result.errors or []
    code = VALIDATION_FAILED if isinstance(result, PreExecutionError) else BAD_USER_INPUT
    answer: dict[str, Any] = {}
    if errors:
        answer["errors"] = publish(errors, request_id, code)
    if result.data is not None or not errors or any(error.path for error in errors):
        answer["data"] = result.data
    if result.extensions:
        answer["extensions"] = result.extensions
    return Response(orjson.dumps(answer), _status(answer, media_type), media_type=media_type + CHARSET)


def _status(answer: Mapping[str, Any], media_type: MediaType) -> HTTPStatus:
    if "data" in answer:
        return HTTPStatus.OK
    if any(error["extensions"]["code"] == INTERNAL for error in answer["errors"]):
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return HTTPStatus.BAD_REQUEST if media_type is MediaType.GRAPHQL else HTTPStatus.OK
