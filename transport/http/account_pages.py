"""The account pages, where the links in emails lead to: sign in, sign up, reset a password and accept an invitation.

A page is a file with a form and a script of the same origin, and GET changes nothing, because scanners of emails follow links. The
link's token is in the URL, so a page is never stored, and its script removes the token from the address bar. The security policy is
stricter than the portal's: no inline styles, and no text that is parsed as HTML.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from transport.http.portal import built_page

PAGES: Final = ("sign-in", "sign-up", "reset", "invitation")
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "connect-src 'self'",
            "style-src 'self'",
            "img-src data:",  # the icon
            "base-uri 'none'",
            "form-action 'none'",  # the script sends what is entered, never the form itself
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ]
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def account_routes(*, dist: Path) -> list[BaseRoute]:
    """Return the routes of the account pages."""
    return [_route(name, dist / "account" / f"{name}.html") for name in PAGES]


def _route(name: str, path: Path) -> Route:
    async def page(_request: Request) -> Response:
        return built_page(path, HEADERS)

    return Route(f"/account/{name}", page)
