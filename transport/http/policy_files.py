"""The policy for people, in development only: the rules at `/portal/policies/{name}`, and the matrix at `/portal/policy-matrix`."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from transport.development import Development
from transport.http.plain_page import plain_page
from transport.refusal import Refusal

MATRIX_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'",  # it's one file
    "X-Content-Type-Options": "nosniff",
}


def policy_routes(*, development: Development, policies: Path, matrix: Path) -> list[BaseRoute]:
    """Return the routes, or none outside development."""

    async def rules(request: Request) -> Response:
        _require(development, request)
        return _page_of(policies, request.path_params["name"])

    async def whole_matrix(request: Request) -> Response:
        _require(development, request)
        return FileResponse(matrix, headers=MATRIX_HEADERS)

    if not development.on:
        return []
    return [Route("/portal/policies/{name}", rules), Route("/portal/policy-matrix", whole_matrix)]


def _page_of(policies: Path, name: str) -> Response:
    """Return a policy file as a page whose lines have anchors. Raises Refusal."""
    path = next((path for path in policies.glob("*.polar") if path.name == name), None)
    if path is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "NOT_FOUND", "There is no such policy file.")
    lines = enumerate(path.read_text("utf-8").splitlines(), 1)
    body = "\n".join(f'<span id="L{number}">{escape(line)}</span>' for number, line in lines)
    return plain_page(name, f"<h1>{escape(name)}</h1>\n<pre>{body}</pre>")


def _require(development: Development, request: Request) -> None:
    """Raise Refusal unless the request comes from this machine."""
    if not development.serves(request):
        raise Refusal(HTTPStatus.NOT_FOUND, "NOT_FOUND", "Only this machine can read the policy here.")
