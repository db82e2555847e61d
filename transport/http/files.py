"""`GET /files/{id}`: serves a file to viewers who can read the object it belongs to. Missing and hidden files look the same."""

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
from transport.limits.quotas import DOWNLOAD_CHARGE, Quotas
from transport.refusal import Refusal

PERMANENT: Final = "private, max-age=31536000, immutable"
HEADERS: Final = {
    "Cache-Control": "private, max-age=300",  # it may become hidden
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Vary": "Authorization",
}


class File(Protocol):
    """A file to serve."""

    @property
    def media_type(self) -> str:
        """Its IANA media type."""

    @property
    def content(self) -> bytes:
        """The file's bytes."""

    @property
    def is_permanent(self) -> bool:
        """Whether the file never changes under its URL."""

    @property
    def download_name(self) -> str | None:
        """The file's name, if it must be downloaded and never shown in the browser."""


LoadFile = Callable[[str, Viewer], Awaitable[File | None]]
"""Loads a file by ID for a viewer; None if it doesn't exist or the viewer can't read it."""


def file_route(identity: Identity, load_file: LoadFile, quotas: Quotas) -> Route:
    """Return the route that serves files."""

    async def serve(request: Request) -> Response:
        viewer = await identity.viewer(await receive_request(request.scope, request.receive))
        quotas.payer(request.scope, viewer).charge(DOWNLOAD_CHARGE)
        file = await load_file(request.path_params["id"], viewer)
        if file is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "NOT_FOUND", "File not found, or you don't have access to it.")
        caching = {"Cache-Control": PERMANENT} if file.is_permanent else {}
        return Response(file.content, media_type=file.media_type, headers=HEADERS | caching | _disposition(file))

    return Route("/files/{id}", serve)


def _disposition(file: File) -> dict[str, str]:
    """Return the header of a file that must be downloaded."""
    return {} if file.download_name is None else {"Content-Disposition": f'attachment; filename="{file.download_name}"'}
