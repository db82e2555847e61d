"""The web part: GraphiQL's page and its scripts, and in development the menu that signs in as a viewer.

Whoever can reach the gateway may load the page; it holds nothing but scripts. Tokens are handed out in development only,
to this machine's own (transport/development.py), and never cached. The page loads nothing from any other host: its policy forbids it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from transport.development import Development
from transport.http.json_body import parse_json
from transport.refusal import BadRequest

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "connect-src 'self'",  # WebSockets of the same host too, for subscriptions
        "style-src 'self' 'unsafe-inline'",  # Monaco writes its themes and positions into the page
        "font-src 'self' data:",  # GraphiQL's fonts are part of its style sheet
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
PAGE_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
ASSET_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",  # a file's name holds the hash of its content
    "X-Content-Type-Options": "nosniff",
}
NOT_STORED = {"Cache-Control": "no-store"}

SignIn = Callable[[str], Awaitable[str | None]]


@dataclass(frozen=True)
class PortalViewer:
    """Somebody as whom a developer may sign in."""

    email: str
    label: str


def portal_routes(
    *,
    dist: Path,
    development: Development,
    viewers: Sequence[PortalViewer],
    sign_in: SignIn,
) -> list[BaseRoute]:
    """The routes of the web part. `sign_in` makes a token for an e-mail address, or None where nobody has it."""

    async def page(_request: Request) -> Response:
        index = dist / "index.html"
        if not index.is_file():
            return PlainTextResponse("web assets are not built: run `make assets`", 503, headers=NOT_STORED)
        return FileResponse(index, headers=PAGE_HEADERS)

    async def asset(request: Request) -> Response:
        path = _asset(dist / "assets", request.path_params["name"])
        if path is None:
            return PlainTextResponse("no such asset", 404, headers=NOT_STORED)
        return FileResponse(path, headers=ASSET_HEADERS)

    async def config(request: Request) -> Response:
        known = development.serves(request)
        choices = [asdict(viewer) for viewer in viewers] if known else []
        answer = {"development": known, "endpoint": "/graphql", "viewers": choices}
        return JSONResponse(answer, headers=NOT_STORED)

    async def token(request: Request) -> Response:
        refused = development.refusal(request)
        if refused is not None:
            return refusal(403, refused)
        email = await email_in(request)
        if email is None:
            return refusal(400, 'send {"email": "..."} as application/json')
        token = await sign_in(email)
        if token is None:
            return refusal(404, f"nobody has the address {email}")
        return JSONResponse({"token": token}, headers=NOT_STORED)

    routes: list[BaseRoute] = [
        Route("/", page),
        Route("/assets/{name}", asset),
        Route("/portal/config", config),
    ]
    if development.on:
        routes.append(Route("/portal/sign-in", token, methods=["POST"]))
    return routes


def _asset(folder: Path, name: str) -> Path | None:
    """The file of a name, None where there is none. The name itself is never made a path: clients choose it."""
    if not folder.is_dir():
        return None
    return next((path for path in folder.iterdir() if path.name == name and path.is_file()), None)


async def email_in(request: Request) -> str | None:
    """The address in a body of JSON. Any other content type is refused: a foreign page may send it without asking."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return None
    try:
        body = parse_json(await request.body(), "The body")
    except BadRequest:
        return None
    email = body.get("email") if isinstance(body, dict) else None
    return email if isinstance(email, str) else None


def refusal(status: int, error: str) -> Response:
    return JSONResponse({"error": error}, status, headers=NOT_STORED)
