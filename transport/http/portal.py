"""The portal: GraphiQL's page and its assets and, in development, sign-in as any user.

Anyone who can reach the gateway can load the page, which contains only scripts. Tokens are issued only in development, only to this
machine (see transport/development.py), and must never be cached. The page's security policy blocks all other hosts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from mimetypes import guess_type
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from transport.development import Development
from transport.http.compression import accepts
from transport.http.json_body import parse_json
from transport.refusal import BadRequest

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "connect-src 'self'",  # includes WebSockets of the same host, for subscriptions
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
    "Cache-Control": "public, max-age=31536000, immutable",  # file names contain a hash of the content
    "X-Content-Type-Options": "nosniff",
}
ENCODINGS = {"br": ".br", "gzip": ".gz"}  # those that the build compresses files with, the best first
NOT_STORED = {"Cache-Control": "no-store"}

SignIn = Callable[[str], Awaitable[str | None]]


@dataclass(frozen=True)
class PortalViewer:
    """A user that a developer can sign in as."""

    email: str
    label: str


def portal_routes(
    *,
    dist: Path,
    development: Development,
    viewers: Sequence[PortalViewer],
    sign_in: SignIn,
) -> list[BaseRoute]:
    """Return the portal's routes. `sign_in` issues a token for an email address, or returns None if no user has it."""

    async def page(_request: Request) -> Response:
        return built_page(dist / "index.html", PAGE_HEADERS)

    async def asset(request: Request) -> Response:
        path = find_asset(dist / "assets", request.path_params["name"])
        if path is None or path.suffix in ENCODINGS.values():
            return PlainTextResponse("Asset not found.", 404, headers=NOT_STORED)
        return _compressed_file(path, request, ASSET_HEADERS)

    async def config(request: Request) -> Response:
        in_development = development.serves(request)
        choices = [asdict(viewer) for viewer in viewers] if in_development else []
        answer = {"development": in_development, "endpoint": "/graphql", "viewers": choices}
        return JSONResponse(answer, headers=NOT_STORED)

    async def token(request: Request) -> Response:
        refused = development.refusal(request)
        if refused is not None:
            return refusal(403, refused)
        email = await email_in(request)
        if email is None:
            return refusal(400, 'Send {"email": "..."} as application/json.')
        token = await sign_in(email)
        if token is None:
            return refusal(404, f"No user has the email address {email}.")
        return JSONResponse({"token": token}, headers=NOT_STORED)

    routes: list[BaseRoute] = [
        Route("/", page),
        Route("/assets/{name}", asset),
        Route("/portal/config", config),
    ]
    if development.on:
        routes.append(Route("/portal/sign-in", token, methods=["POST"]))
    return routes


def built_page(path: Path, headers: Mapping[str, str]) -> Response:
    """Return a page that `make assets` has built."""
    if not path.is_file():
        return PlainTextResponse("The web assets are not built. Run `make assets`.", 503, headers=NOT_STORED)
    return FileResponse(path, headers=headers)


def _compressed_file(path: Path, request: Request, headers: Mapping[str, str]) -> Response:
    """Return a file, compressed if the client accepts it and the build has compressed the file."""
    media_type = guess_type(path)[0]
    headers = {**headers, "Vary": "Accept-Encoding"}
    for encoding, suffix in ENCODINGS.items():
        compressed = path.with_name(path.name + suffix)
        if accepts(request.headers.get("accept-encoding", ""), encoding) and compressed.is_file():
            return FileResponse(compressed, headers={**headers, "Content-Encoding": encoding}, media_type=media_type)
    return FileResponse(path, headers=headers, media_type=media_type)


def find_asset(folder: Path, name: str) -> Path | None:
    """Find an asset, or return None. The name comes from the client, so it must never become part of a path."""
    if not folder.is_dir():
        return None
    return next((path for path in folder.iterdir() if path.name == name and path.is_file()), None)


async def email_in(request: Request) -> str | None:
    """Return the email address in a JSON body, or None. Other content types need no preflight, so they're ignored."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return None
    try:
        body = parse_json(await request.body(), "The request body")
    except BadRequest:
        return None
    email = body.get("email") if isinstance(body, dict) else None
    return email if isinstance(email, str) else None


def refusal(status: int, error: str) -> Response:
    return JSONResponse({"error": error}, status, headers=NOT_STORED)
