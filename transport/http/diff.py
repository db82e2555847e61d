"""`POST /diff`: runs one query for two viewers and returns where the results differ.

Only signed-in users can compare. Both sides must be viewers that the requester can view as, so the diff reveals nothing that it
couldn't query itself. A response must never contain a value of the results.
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

from policies.evaluation.shapes import format_shape
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
from transport.operations import OperationRunner, answer_of
from transport.refusal import CHARSET, JSON, BadRequest, SignInRequired, TimedOut
from transport.view_as import ViewAs, refuse_view_as

PATH: Final = "/diff"
SIDES: Final = ("left", "right")
HEADERS: Final = {"Cache-Control": "no-store", "Vary": "Authorization"}


@dataclass(frozen=True, slots=True)
class DiffRequest:
    """A query, and the IDs to view as on the left and right side; None means the requester."""

    request: GraphQLRequest
    sides: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a diff: its viewer and its context."""

    viewer: Viewer
    context: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """The endpoint of `/diff`. A request has `seconds` to arrive, and as many to be answered."""

    operations: OperationRunner
    identity: Identity
    make_context: MakeContext
    view_as: ViewAs
    quotas: Quotas
    seconds: float

    async def __call__(self, request: Request) -> Response:
        """Handle a request. Raises Refusal."""
        timeout_status = HTTPStatus.REQUEST_TIMEOUT
        limit = asyncio.timeout(self.seconds)
        try:
            async with limit:
                if not (sender := self.identity.check(request.scope)):
                    raise SignInRequired
                bind_facts(**sender)
                refuse_view_as(request.scope)
                check_headers(request.scope)
                received = await receive_request(request.scope, request.receive)
                timeout_status = HTTPStatus.GATEWAY_TIMEOUT
                limit.reschedule(asyncio.get_running_loop().time() + self.seconds)
                viewer = await self.identity.viewer(received)
                bind_facts(company_id=viewer.company_id)
                payer = self.quotas.payer(request.scope, viewer)
                return await self._compare(_read(received.body), viewer, payer, request.state.request_id)
        except TimeoutError:
            if not limit.expired():
                raise
            raise TimedOut(timeout_status, self.seconds) from None

    async def _compare(self, diff: DiffRequest, viewer: Viewer, payer: Payer, request_id: str) -> Response:
        try:
            operation = await self.operations.prepare(diff.request, "POST", payer, queries=True, times=len(diff.sides))
            sides = [await self._side(target, viewer, request_id) for target in diff.sides]
        except PublicError as error:
            return _response(answer_of(PreExecutionError(data=None, errors=[error]), request_id), HTTPStatus.BAD_REQUEST)
        viewers = {name: side.viewer for name, side in zip(SIDES, sides, strict=True)}
        for name, seen in viewers.items():
            bind_facts(**{f"{name}_user_id": seen.user_id, f"{name}_company_id": seen.company_id})
        answers = [answer_of(await self.operations.execute(operation, side.context), request_id) for side in sides]
        for answer in answers:
            if "data" not in answer:
                return _response(answer, HTTPStatus.BAD_REQUEST)
        paths = [_difference_as_json(each) for each in differences(*answers)]
        return _response({"paths": paths} | {name: _viewer_as_json(seen) for name, seen in viewers.items()}, HTTPStatus.OK)

    async def _side(self, target: str | None, viewer: Viewer, request_id: str) -> Side:
        """Return a side: the requester itself, or the viewer that it views as. Raises ViewAsRefused."""
        if target is None:
            return Side(viewer, self.make_context(viewer, request_id, None))
        context = await self.view_as(viewer, target, request_id)
        return Side(context.viewer, context)


def diff_route(diff: Diff) -> Route:
    """Return the route of `/diff`."""
    return Route(PATH, diff.__call__, methods=["POST"])


def _read(body: bytes) -> DiffRequest:
    """Parse a diff request. Raises BadRequest."""
    content = content_of(body)
    sides = tuple(content.get(side) for side in SIDES)
    if not all(side is None or isinstance(side, str) for side in sides):
        raise BadRequest("Parameters left and right must each be a user or company ID, or null for yourself.")
    return DiffRequest(parse_content(content), sides)


def _viewer_as_json(viewer: Viewer) -> dict[str, str | None]:
    """Serialize the viewer of a side."""
    return {
        "userId": _id("User", viewer.user_id),
        "companyId": _id("Company", viewer.company_id),
        "shape": format_shape(viewer.shape),
    }


def _id(entity: str, key: UUID | None) -> str | None:
    return None if key is None else str(Identifier(entity, key))


def _difference_as_json(difference: Difference) -> dict[str, Any]:
    path, reasons = difference
    return {"path": list(path), **{side: {"reason": reason} for side, reason in zip(SIDES, reasons, strict=True)}}


def _response(answer: dict[str, Any], status: HTTPStatus) -> Response:
    return Response(orjson.dumps(answer), status, HEADERS, media_type=JSON + CHARSET)
