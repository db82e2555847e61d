"""Files: `GET /files/ID`, to whoever may read what the file belongs to. What is absent and what is hidden look the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from policies.viewer import Viewer
from transport.authentication.arrival import receive_request
from transport.authentication.bearer import Identity
from transport.limits.quotas import DOWNLOAD, Quotas
from transport.refusal import Refusal

HEADERS: Final = {
    "Cache-Control": "private, max-age=300",  # it may be hidden again
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Vary": "Authorization",
}


class File(Protocol):
    """A file to be served."""

    @property
    def media_type(self) -> str:
        """Its IANA media type."""

    @property
    def content(self) -> bytes:
        """What it holds."""


LoadFile = Callable[[str, Viewer], Awaitable[File | None]]
"""Finds the file of an id for a viewer; None where there is none that the viewer may read."""


def file_route(identity: Identity, load_file: LoadFile, quotas: Quotas) -> Route:
    """The route that serves files."""

    async def serve(request: Request) -> Response:
        viewer = await identity.viewer(await receive_request(request.scope, request.receive))
        quotas.payer(request.scope, viewer).charge(DOWNLOAD)
        file = await load_file(request.path_params["id"], viewer)
        if file is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "NOT_FOUND", "There is no such file.")
        return Response(file.content, media_type=file.media_type, headers=HEADERS)

    return Route("/files/{id}", serve)
