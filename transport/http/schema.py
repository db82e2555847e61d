"""`GET /schema.graphql`: the schema as text, for code generators and other tools. `?as=viewer` is what the viewer can use.

Tools ask again and again for what hardly ever changes, so each text has a tag, and a tool that sends it gets 304.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from policies.viewer import Viewer
from transport.authentication.arrival import receive_request
from transport.authentication.bearer import Identity
from transport.limits.quotas import DOWNLOAD_CHARGE, Quotas
from transport.refusal import CHARSET, BadRequest
from transport.view_as import refuse_view_as

PATH: Final = "/schema.graphql"
MEDIA_TYPE: Final = "application/graphql"
HEADERS: Final = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
TAG_DIGITS: Final = 32

SchemaText = Callable[[Viewer, bool], Awaitable[str]]
"""Returns the text of the schema: that of the viewer, or the full one if the second argument is False."""


def schema_route(identity: Identity, text_of: SchemaText, quotas: Quotas) -> Route:
    """Return the route of the schema."""

    async def serve(request: Request) -> Response:
        refuse_view_as(request.scope)
        viewer = await identity.viewer(await receive_request(request.scope, request.receive))
        quotas.payer(request.scope, viewer).charge(DOWNLOAD_CHARGE)
        text = (await text_of(viewer, _is_of_viewer(request))).encode()
        headers = {**HEADERS, "ETag": f'W/"{sha256(text).hexdigest()[:TAG_DIGITS]}"'}
        if has_tag(request.headers.get("if-none-match", ""), headers["ETag"]):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(text, headers=headers, media_type=MEDIA_TYPE + CHARSET)

    return Route(PATH, serve)


def _is_of_viewer(request: Request) -> bool:
    """Return whether the request is for the viewer's schema. Raises BadRequest."""
    named = request.query_params.getlist("as")
    if named not in ([], ["viewer"]):
        raise BadRequest("Parameter as must be viewer. Leave it out for the full schema.")
    return bool(named)


def has_tag(if_none_match: str, tag: str) -> bool:
    """Return whether an If-None-Match header lists a tag, by weak comparison (RFC 9110 §13.1.2)."""
    tags = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return "*" in tags or tag.removeprefix("W/") in tags
