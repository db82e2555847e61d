"""`POST /diff`: one query, run for two viewers, and where their answers differ.

Only a signed-in viewer may compare. Both sides are viewers that the asker may look as, so that it learns nothing that it could
not ask for. No value leaves here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry.types.execution import PreExecutionError

from policies.shapes import spell
from policies.viewer import Viewer
from resolvers.values.errors import PublicError
from resolvers.values.identifiers import Identifier
from transport.authentication.arrival import receive_request
from transport.authentication.bearer import Identity
from transport.graphql_request import GraphQLRequest, parse_content
from transport.http.differences import Difference, differences
from transport.http.endpoint import MakeContext
from transport.http.request import check_headers, content_of
from transport.limits.quotas import Payer, Quotas
from transport.logs import bind_facts
from transport.operations import Operations, answer_of
from transport.refusal import CHARSET, JSON, BadRequest, SignInRequired, TimedOut
from transport.view_as import ViewAs, refuse_view_as

PATH: Final = "/diff"
SIDES: Final = ("left", "right")
HEADERS: Final = {"Cache-Control": "no-store", "Vary": "Authorization"}


@dataclass(frozen=True, slots=True)
class DiffRequest:
    """A query, and as whom it is to be run: the ids of the sides, None for the asker itself."""

    request: GraphQLRequest
    sides: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """Who sees one of the answers, and the context in which it is made."""

    viewer: Viewer
    context: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What compares. A request has `seconds` to arrive, and as many to be answered."""

    operations: Operations
    identity: Identity
    make_context: MakeContext
    view_as: ViewAs
    quotas: Quotas
    seconds: float

    async def __call__(self, request: Request) -> Response:
        """Answer one request. Raises Refusal."""
        late = HTTPStatus.REQUEST_TIMEOUT
        limit = asyncio.timeout(self.seconds)
        try:
            async with limit:
                if (user := self.identity.check(request.scope)) is None:
                    raise SignInRequired
                bind_facts(user_id=user)
                refuse_view_as(request.scope)
                check_headers(request.scope)
                whole = await receive_request(request.scope, request.receive)
                late = HTTPStatus.GATEWAY_TIMEOUT
                limit.reschedule(asyncio.get_running_loop().time() + self.seconds)
                viewer = await self.identity.viewer(whole)
                bind_facts(company_id=viewer.company_id)
                payer = self.quotas.payer(request.scope, viewer)
                return await self._compared(_read(whole.body), viewer, payer, request.state.request_id)
        except TimeoutError:
            if not limit.expired():
                raise
            raise TimedOut(late, self.seconds) from None

    async def _compared(self, asked: DiffRequest, viewer: Viewer, payer: Payer, request_id: str) -> Response:
        try:
            operation = await self.operations.prepare(asked.request, "POST", payer, queries=True, times=len(asked.sides))
            sides = [await self._side(named, viewer, request_id) for named in asked.sides]
        except PublicError as error:
            return _written(answer_of(PreExecutionError(data=None, errors=[error]), request_id), HTTPStatus.BAD_REQUEST)
        viewers = {name: side.viewer for name, side in zip(SIDES, sides, strict=True)}
        for name, seen in viewers.items():
            bind_facts(**{f"{name}_user_id": seen.user_id, f"{name}_company_id": seen.company_id})
        answers = [answer_of(await self.operations.execute(operation, side.context), request_id) for side in sides]
        for answer in answers:
            if "data" not in answer:
                return _written(answer, HTTPStatus.BAD_REQUEST)
        paths = [_difference_as_json(each) for each in differences(*answers)]
        return _written({"paths": paths} | {name: _who(seen) for name, seen in viewers.items()}, HTTPStatus.OK)

    async def _side(self, named: str | None, viewer: Viewer, request_id: str) -> Side:
        """A side: the asker itself, or as whom it looks. Raises ViewAsRefused."""
        if named is None:
            return Side(viewer, self.make_context(viewer, request_id, None))
        context = await self.view_as(viewer, named, request_id)
        return Side(context.viewer, context)


def diff_route(diff: Diff) -> Route:
    """The route of comparisons."""
    return Route(PATH, diff.__call__, methods=["POST"])


def _read(body: bytes) -> DiffRequest:
    """What is to be compared. Raises BadRequest."""
    content = content_of(body)
    sides = tuple(content.get(side) for side in SIDES)
    if not all(side is None or isinstance(side, str) for side in sides):
        raise BadRequest("Parameters left and right must be ids, or null for the viewer itself.")
    return DiffRequest(parse_content(content), sides)


def _who(viewer: Viewer) -> dict[str, str | None]:
    """The viewer of a side."""
    return {
        "userId": _id("User", viewer.user_id),
        "companyId": _id("Company", viewer.company_id),
        "shape": spell(viewer.shape),
    }


def _id(entity: str, key: UUID | None) -> str | None:
    return None if key is None else str(Identifier(entity, key))


def _difference_as_json(difference: Difference) -> dict[str, Any]:
    path, reasons = difference
    return {"path": list(path), **{side: {"reason": reason} for side, reason in zip(SIDES, reasons, strict=True)}}


def _written(answer: dict[str, Any], status: HTTPStatus) -> Response:
    return Response(orjson.dumps(answer), status, HEADERS, media_type=JSON + CHARSET)
