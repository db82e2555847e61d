"""Headers that protect browsers, on every answer, and what pages of other origins may send and read.

Other origins may call the gateway from any page that holds a token: partners embed it in sites that we do not know, and
without cookies an origin gains nothing that it could not ask for from its own server. Credentials are therefore never allowed.
A module that serves pages sets its own Content-Security-Policy, which then stands.

Headers are read and written here as ASGI has them, pairs of bytes with names in lower case: objects around them would cost
each request more than what is done with them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

RawHeader = tuple[bytes, bytes]

EXPOSED_HEADERS: Final = (
    "Allow",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Crossgate-Cost",
    "X-Crossgate-Execution",
    "X-Request-ID",
)
MOST_REQUESTED_HEADERS: Final = 100  # in one preflight; a page with tracing and error reports sends about ten
MOST_HEADER_BYTES: Final = 100  # of one name
NO_NAMES: Final = (
    f"Access-Control-Request-Headers takes at most {MOST_REQUESTED_HEADERS} header names "
    f"of at most {MOST_HEADER_BYTES} characters each, with commas between them."
)
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a field name of RFC 9110
PREFLIGHT_SECONDS: Final = 24 * 60 * 60
UNUSED_FEATURES: Final = (
    "camera",
    "display-capture",
    "geolocation",
    "microphone",
    "payment",
    "publickey-credentials-get",
    "usb",
)
HSTS: Final[RawHeader] = (b"strict-transport-security", b"max-age=31536000")  # a year; other hosts of the domain are not ours
SAFE: Final[tuple[RawHeader, ...]] = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", ", ".join(f"{name}=()" for name in UNUSED_FEATURES).encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
ADDED: Final = "added_headers"  # where the state of a request has more headers of its answer
VARIES: Final[RawHeader] = (b"vary", b"Origin")


def safe_headers(public_url: str) -> tuple[RawHeader, ...]:
    """The protecting headers of a gateway with this public address, with HSTS where that is https."""
    return (*SAFE, HSTS) if urlsplit(public_url).scheme == "https" else SAFE


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of a request with this name."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None


class SafeHeaders:
    """Adds the protecting headers that an answer does not bring itself."""

    def __init__(self, app: ASGIApp, *, public_url: str) -> None:
        self.app = app
        self.added = safe_headers(public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in self.added if pair[0] not in own)]
            await send(message)

        await self.app(scope, receive, safe)


class Cors(CORSMiddleware):
    """Starlette's, which allows whatever headers a page asks to send: Apollo, OpenTelemetry and Sentry each add their own.

    Requests that name no origin go a short way: they are told no more than that an origin would matter. A page of a public
    site may not reach into a private network (`Access-Control-Request-Private-Network`).
    """

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight with the headers that it asks for, as they are read here."""
        name = "access-control-request-headers"
        asked = requested(request_headers.getlist(name))
        if asked is None:
            vary = {"Vary": self.preflight_headers["Vary"]}
            return PlainTextResponse(NO_NAMES, 400, vary)
        others = [(key, value) for key, value in request_headers.raw if key != name.encode()]
        mirrored = [(name.encode(), ", ".join(asked).encode())] if asked else []
        return super().preflight_response(Headers(raw=[*others, *mirrored]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or header(scope, b"origin") is not None:
            await super().__call__(scope, receive, send)
            return

        async def varying(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], VARIES]
            await send(message)

        await self.app(scope, receive, varying)


def requested(lists: Sequence[str]) -> tuple[str, ...] | None:
    """The header names that a preflight asks for, each once. None if they are no names, or too many."""
    names = [name for each in lists for part in each.split(",") if (name := part.strip(" \t"))]
    if len(names) > MOST_REQUESTED_HEADERS or any(
        len(name) > MOST_HEADER_BYTES or not _TOKEN.fullmatch(name) for name in names
    ):
        return None
    return tuple({name.lower(): name for name in names}.values())
