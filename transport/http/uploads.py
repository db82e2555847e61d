"""`POST /files`: uploads a picture for a company's Marketplace profile. The request body is the picture itself.

A viewer without the right is refused before the body is read, and the right is checked again when the picture is stored. The
Content-Type is ignored. A refused upload must leave nothing behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from policies.viewer import Viewer
from resolvers.context import Context
from resolvers.endpoints.uploads import ARGUMENT, Uploaded, Uploads
from resolvers.values.errors import PublicError
from resolvers.writing.rights import ViewerGone
from transport.authentication.arrival import receive_request
from transport.authentication.bearer import Identity
from transport.limits.quotas import UPLOAD_CHARGE, Quotas
from transport.logs import bind_facts
from transport.refusal import CHARSET, JSON, BadRequest, Refusal, SignInRequired, TimedOut, Unauthenticated
from transport.view_as import refuse_view_as

PATH: Final = "/files"
STATUS_BY_CODE: Final = {
    "CONFLICT": HTTPStatus.CONFLICT,
    "FORBIDDEN": HTTPStatus.FORBIDDEN,
    "NOT_FOUND": HTTPStatus.NOT_FOUND,
    "IMAGE_TOO_LARGE": HTTPStatus.UNPROCESSABLE_ENTITY,
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
        async with _within(seconds, HTTPStatus.GATEWAY_TIMEOUT):
            if not (sender := identity.check(request.scope)):
                raise SignInRequired
            refuse_view_as(request.scope)
            bind_facts(**sender)
            company = _company(request)

            async def refuse(viewer: Viewer) -> None:
                quotas.payer(request.scope, viewer).charge(UPLOAD_CHARGE)
                await uploads.check(make_context(viewer, request.state.request_id), company)

            await identity.forewarn(request.scope, refuse)
        async with _within(seconds, HTTPStatus.REQUEST_TIMEOUT):
            received = await receive_request(request.scope, request.receive)
        async with _within(seconds, HTTPStatus.GATEWAY_TIMEOUT):
            viewer = await identity.viewer(received)
            bind_facts(company_id=viewer.company_id)
            return _answer(await uploads.take(make_context(viewer, request.state.request_id), company, received.body))

    return Route(PATH, upload, methods=["POST"])


@asynccontextmanager
async def _within(seconds: float, timeout_status: HTTPStatus) -> AsyncIterator[None]:
    """Turn a timeout of the block, and public errors raised in it, into a Refusal."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise
        raise TimedOut(timeout_status, seconds) from None
    except ViewerGone as error:
        raise Unauthenticated(error.message) from None
    except PublicError as error:
        raise Refusal(STATUS_BY_CODE.get(error.code, HTTPStatus.BAD_REQUEST), error.code, error.message) from None


def _company(request: Request) -> str | None:
    """Return the ID of the picture's company, or None for the viewer's own."""
    values = request.query_params.getlist(ARGUMENT)
    if len(values) > 1:
        raise BadRequest(f"Parameter {ARGUMENT} appears more than once. Send it once.")
    return values[0] if values else None


def _answer(uploaded: Uploaded) -> Response:
    """Return the image with the fields of its GraphQL type."""
    image = {
        "id": uploaded.id,
        "url": uploaded.url,
        "width": uploaded.picture.width,
        "height": uploaded.picture.height,
        "mediaType": uploaded.picture.media_type.name,
        "isRecommendedSize": uploaded.is_recommended_size,
    }
    headers = {**HEADERS, "Location": uploaded.url}
    return Response(orjson.dumps(image), HTTPStatus.CREATED, headers, media_type=JSON + CHARSET)
