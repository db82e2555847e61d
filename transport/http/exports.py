"""`GET /leads.csv`: streams the leads that the viewer reads. Whoever isn't signed in is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from policies.viewer import Viewer
from transport.authentication.arrival import receive_request
from transport.authentication.bearer import Identity
from transport.limits.quotas import EXPORT_CHARGE, Quotas
from transport.refusal import SignInRequired
from transport.view_as import refuse_view_as

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Disposition": 'attachment; filename="leads.csv"',
    "Vary": "Authorization",
    "X-Content-Type-Options": "nosniff",
}

Export = Callable[[Viewer, str], AsyncIterator[bytes]]
"""Yields the parts of an export for a viewer, by the id of the request."""


def export_route(identity: Identity, export: Export, quotas: Quotas) -> Route:
    """Return the route that streams leads."""

    async def serve(request: Request) -> Response:
        refuse_view_as(request.scope)
        viewer = await identity.viewer(await receive_request(request.scope, request.receive))
        if viewer.company_id is None:
            raise SignInRequired
        quotas.payer(request.scope, viewer).charge(EXPORT_CHARGE)
        return StreamingResponse(
            export(viewer, request.state.request_id), media_type="text/csv; charset=utf-8", headers=HEADERS
        )

    return Route("/leads.csv", serve)
