"""`POST /files?purpose=…`: uploads a logo, a photo or a certificate of registration. The request body is the file itself.

A viewer without the right is refused before the body is read, and the right is checked again when the file is stored. So is the code
of a sign-up, which uploads a photo before there is a user. The Content-Type is ignored. A refused upload must leave nothing behind.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from policies.viewer import ANONYMOUS, Viewer
from resolvers.context import Context
from resolvers.endpoints.uploads import ARGUMENT, Purpose, Uploaded, Uploads
from resolvers.values.errors import PublicError
from resolvers.writing.rights import ViewerGone
from transport.authentication.arrival import receive_request
from transport.authentication.bearer import Identity, email_code
from transport.limits.deadlines import time_limit
from transport.limits.quotas import UPLOAD_CHARGE, Quotas
from transport.logs import bind_facts
from transport.refusal import CHARSET, JSON, BadRequest, Refusal, SignInRequired, Unauthenticated
from transport.view_as import refuse_view_as

PATH: Final = "/files"
PURPOSE: Final = "purpose"
STATUS_BY_CODE: Final = {
    "CONFLICT": HTTPStatus.CONFLICT,
    "FORBIDDEN": HTTPStatus.FORBIDDEN,
    "NOT_FOUND": HTTPStatus.NOT_FOUND,
    "UNAUTHENTICATED": HTTPStatus.UNAUTHORIZED,
    "IMAGE_TOO_LARGE": HTTPStatus.UNPROCESSABLE_ENTITY,
    "UNSUPPORTED_DOCUMENT": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "UNSUPPORTED_IMAGE": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}
HEADERS: Final = {"Cache-Control": "no-store", "Vary": "Authorization"}


def upload_route(
    identity: Identity,
    make_context: Callable[[Viewer, str], Context],
    uploads: Uploads,
    quotas: Quotas,
    seconds: float,
) -> Route:
    """Return the upload route. An upload has `seconds` to arrive, and as many to be stored."""

    async def upload(request: Request) -> Response:
        if (code := email_code(request.scope)) is not None:
            return await upload_for_sign_up(request, code)
        async with _within(seconds, HTTPStatus.GATEWAY_TIMEOUT):
            if not (sender := identity.check(request.scope)):
                raise SignInRequired
            refuse_view_as(request.scope)
            bind_facts(**sender)
            purpose, company = _purpose(request), _parameter(request, ARGUMENT)
            if purpose is Purpose.PHOTO and company is not None:
                raise BadRequest(f"A photo belongs to its user. Leave out the parameter {ARGUMENT}.")

            async def refuse(viewer: Viewer) -> None:
                quotas.payer(request.scope, viewer).charge(UPLOAD_CHARGE)
                await uploads.check(make_context(viewer, request.state.request_id), purpose, company)

            await identity.forewarn(request.scope, refuse)
        async with _within(seconds, HTTPStatus.REQUEST_TIMEOUT):
            received = await receive_request(request.scope, request.receive)
        async with _within(seconds, HTTPStatus.GATEWAY_TIMEOUT):
            viewer = await identity.viewer(received)
            bind_facts(company_id=viewer.company_id)
            context = make_context(viewer, request.state.request_id)
            return _answer(await uploads.take(context, purpose, company, received.body))

    async def upload_for_sign_up(request: Request, code: str) -> Response:
        """Store a photo that the sign-up with this code can use. Its network address pays for it."""
        async with _within(seconds, HTTPStatus.GATEWAY_TIMEOUT):
            if _purpose(request) is not Purpose.PHOTO:
                raise SignInRequired
            quotas.payer(request.scope, ANONYMOUS).charge(UPLOAD_CHARGE)
            context = make_context(ANONYMOUS, request.state.request_id)
            await uploads.check_sign_up(context, code)
        async with _within(seconds, HTTPStatus.REQUEST_TIMEOUT):
            received = await receive_request(request.scope, request.receive)
        async with _within(seconds, HTTPStatus.GATEWAY_TIMEOUT):
            return _answer(await uploads.take_for_sign_up(context, code, received.body))

    return Route(PATH, upload, methods=["POST"])


@asynccontextmanager
async def _within(seconds: float, timeout_status: HTTPStatus) -> AsyncIterator[None]:
    """Turn a timeout of the block, and public errors raised in it, into a Refusal."""
    try:
        async with time_limit(seconds, timeout_status):
            yield
    except ViewerGone as error:
        raise Unauthenticated(error.message) from None
    except PublicError as error:
        raise Refusal(STATUS_BY_CODE.get(error.code, HTTPStatus.BAD_REQUEST), error.code, error.message) from None


def body_limit(query: str) -> int:
    """Return the size limit of an upload with this query string."""
    (purpose, *_) = parse_qs(query).get(PURPOSE, ["LOGO"])
    return Purpose(purpose if purpose in Purpose.__members__ else Purpose.LOGO).max_bytes


def _purpose(request: Request) -> Purpose:
    """Return what the file is for. Raises BadRequest."""
    value = _parameter(request, PURPOSE) or Purpose.LOGO
    if value not in Purpose.__members__:
        raise BadRequest(f"Parameter {PURPOSE} must be one of {', '.join(Purpose)}.")
    return Purpose(value)


def _parameter(request: Request, name: str) -> str | None:
    """Return a parameter of the query, or None. Raises BadRequest if it appears twice."""
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise BadRequest(f"Parameter {name} appears more than once. Send it once.")
    return values[0] if values else None


def _answer(uploaded: Uploaded) -> Response:
    """Return the file with the fields of its GraphQL type."""
    body = orjson.dumps({"id": uploaded.id, "url": uploaded.url, **uploaded.fields})
    return Response(body, HTTPStatus.CREATED, {**HEADERS, "Location": uploaded.url}, media_type=JSON + CHARSET)
