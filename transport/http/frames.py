"""Pages that show one element of the portal kit, for sites that show it in a frame because they can't run the kit's script.

A page names a company, and only pages of its verified portal origins can frame it. Anyone can ask for a page without a token, so
the answer comes from memory, holds nothing secret, and is the same for a company without origins as for one that doesn't exist.

A token comes from the site that shows the frame: by a message, or in the URL's fragment, which browsers never send. The page's script
uses no embed session of another site, and none at all outside a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from transport.http.portal import NOT_STORED

ELEMENTS: Final = (
    "approvals",
    "brand",
    "connections",
    "dashboard",
    "invoices",
    "offers",
    "order-port",
    "ports",
    "profile",
    "settings",
)
Framing = Callable[[str], Sequence[str]]
"""Returns the sources whose pages can frame a company's portal, by the company's ID."""

POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",  # includes WebSockets of the same host
        "style-src 'self'",
        "img-src blob:",  # the logo, which needs the token
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types lit-html",
    ]
)
PAGE: Final = """<!doctype html>
<html data-framing="{framing}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Portal</title>
<link rel="stylesheet" href="/kit/v1/frame.css">
<script type="module" src="/kit/v1/frame.js"></script>
</head>
<body><crossgate-{element}></crossgate-{element}></body>
</html>
"""


def frame_routes(framing: Framing) -> list[BaseRoute]:
    """Return the route of the framed pages."""

    async def page(request: Request) -> Response:
        element = request.path_params["element"]
        if element not in ELEMENTS:
            return PlainTextResponse("Element not found.", 404, headers=NOT_STORED)
        sources = framing(request.query_params.get("company", ""))
        return HTMLResponse(PAGE.format(framing=escape(" ".join(sources)), element=element), headers=_headers(sources))

    return [Route("/kit/v1/frame/{element}", page)]


def _headers(sources: Sequence[str]) -> dict[str, str]:
    """Return the headers of a page that only pages of these sources can frame."""
    ancestors = " ".join(sources) or "'none'"
    return {
        **NOT_STORED,  # an origin that is removed can't frame it any more
        "Content-Security-Policy": f"{POLICY}; frame-ancestors {ancestors}",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
