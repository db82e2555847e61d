"""`GET /exports/{id}`: serves the file of an export by a signed link, whole or from any byte on (RFC 9110, Range).

A link that doesn't work, for whatever reason, is answered like a missing one.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import Final, NamedTuple, Protocol

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from policies.viewer import Viewer
from transport.authentication.arrival import receive_request
from transport.authentication.bearer import Identity
from transport.limits.quotas import EXPORT_CHARGE, Quotas
from transport.refusal import Refusal
from transport.view_as import refuse_view_as

ONE_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)
HEADERS: Final = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Vary": "Authorization",
}
NOT_FOUND: Final = "Export not found, or the link isn't yours or has expired. Query the export for a new link."


class File(Protocol):
    """The file of an export."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def size(self) -> int:
        """Its size in bytes."""

    @property
    def asker(self) -> Viewer:
        """Who asked for it."""

    @property
    def etag(self) -> str:
        """Its strong entity tag."""

    def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` to `end`, without `end`."""

    async def note_download(self) -> None:
        """Record the download."""


FindFile = Callable[[str, str, str, Viewer, str], Awaitable[File | None]]
"""Returns the file by an id, the end and the signature of its link, the sender, and the id of the request."""


class Span(NamedTuple):
    """The bytes from `start` to `end`, without `end`."""

    start: int
    end: int


def export_file_route(identity: Identity, find: FindFile, quotas: Quotas) -> Route:
    """Return the route that serves the files of exports."""

    async def serve(request: Request) -> Response:
        refuse_view_as(request.scope)
        sender = await identity.viewer(await receive_request(request.scope, request.receive))
        query = request.query_params
        signed = request.path_params["id"], query.get("until", ""), query.get("signature", "")
        file = await find(*signed, sender, request.state.request_id)
        if file is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "NOT_FOUND", NOT_FOUND)
        quotas.payer(request.scope, file.asker).charge(EXPORT_CHARGE)
        return await _respond(request, file)

    return Route("/exports/{id}", serve)


async def _respond(request: Request, file: File) -> Response:
    span = requested_span(request.headers.get("range"), request.headers.get("if-range"), file)
    headers = {**HEADERS, "ETag": file.etag, "Content-Disposition": f'attachment; filename="{file.name}"'}
    status = HTTPStatus.OK
    if span is not None:
        status = HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{file.size}"
    whole = Span(0, file.size)
    start, end = span or whole
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(None, status, headers, media_type="application/gzip")
    await file.note_download()
    return StreamingResponse(file.read(start, end), status, headers, media_type="application/gzip")


def requested_span(ranges: str | None, if_range: str | None, file: File) -> Span | None:
    """Return the bytes that a request wants, or None if it gets the whole file. Raises Refusal (416).

    Several ranges, and units other than bytes, are ignored, as RFC 9110 allows. So is a range of another version of the file.
    """
    if ranges is None or (if_range is not None and if_range != file.etag):
        return None
    match = ONE_RANGE.fullmatch(ranges.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if match[1]:
        start, last = int(match[1]), int(match[2]) if match[2] else file.size - 1
        if match[2] and last < start:
            return None
    else:
        start, last = max(0, file.size - int(match[2])), file.size - 1
    if start >= file.size:
        headers = {"Content-Range": f"bytes */{file.size}", "ETag": file.etag}
        message = f"The file has {file.size} bytes, so it has none from byte {start} on."
        raise Refusal(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "RANGE_NOT_SATISFIABLE", message, headers)
    return Span(start, min(last + 1, file.size))
