"""Security headers for every response, and CORS: what pages of other origins can send and read.

By default any origin can call the gateway from a page with a token: without cookies, an origin gains nothing that its own server
couldn't request. If the settings name origins, only these and the portal origins that companies have verified can. CORS must never
allow credentials. A module that serves pages sets its
own Content-Security-Policy, which takes precedence.

Headers are read and written in their ASGI form, pairs of bytes with lower-case names: wrapper objects would cost each request
more than the work itself.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from functools import partial
from operator import itemgetter
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

RawHeader = tuple[bytes, bytes]

EXPOSED_HEADERS: Final = (
    "Accept-Query",
    "Allow",
    "ETag",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Crossgate-Cost",
    "Crossgate-Position",
    "X-Crossgate-Execution",
    "X-Request-ID",
)
MAX_REQUESTED_HEADERS: Final = 100  # per preflight; a page with tracing and error reporting sends about ten
MAX_HEADER_NAME_BYTES: Final = 100  # per name
INVALID_NAMES_MESSAGE: Final = (
    f"Access-Control-Request-Headers may list at most {MAX_REQUESTED_HEADERS} header names "
    f"of at most {MAX_HEADER_NAME_BYTES} characters each, separated by commas."
)
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # an RFC 9110 field name
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
HSTS: Final[RawHeader] = (b"strict-transport-security", b"max-age=31536000")  # a year; without subdomains, which aren't ours
SAFE: Final[tuple[RawHeader, ...]] = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", ", ".join(f"{name}=()" for name in UNUSED_FEATURES).encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
INDEX: Final = "crossgate.headers"  # the key of a request's headers by name in its scope
ADDED: Final = "added_headers"  # the key of additional response headers in a request's state
VARIES: Final[RawHeader] = (b"vary", b"Origin")
NAME: Final = itemgetter(0)  # of a header


def safe_headers(public_url: str) -> tuple[RawHeader, ...]:
    """Return the security headers for a public URL, including HSTS if it is https."""
    return (*SAFE, HSTS) if urlsplit(public_url).scheme == "https" else SAFE


def header(scope: Scope, name: bytes) -> str | None:
    """Return the first request header with this lower-case name, or None."""
    value = _index(scope).get(name)
    return None if value is None else str(value, "latin-1")


def header_values(scope: Scope, name: bytes) -> list[str]:
    """Return the values of all request headers with this lower-case name."""
    index, headers = _index(scope), scope["headers"]
    if name not in index:
        return []
    if len(index) == len(headers):  # no name is repeated
        return [str(index[name], "latin-1")]
    return [str(value, "latin-1") for key, value in headers if key == name]


def _index(scope: Scope) -> dict[bytes, bytes]:
    """Return the first value of each header by name. A request is asked for many headers, so the list is read once."""
    index: dict[bytes, bytes] | None = scope.get(INDEX)
    if index is None:
        index = scope[INDEX] = dict(reversed(scope["headers"]))
    return index


class SafeHeaders:
    """Middleware that adds the security headers that a response doesn't set itself."""

    def __init__(self, app: ASGIApp, *, public_url: str) -> None:
        self.app = app
        self.added = safe_headers(public_url)
        self._names = frozenset(name for name, _ in self.added)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self.headers(message["headers"])
            await send(message)

        await self.app(scope, receive, safe)

    def headers(self, own: Sequence[RawHeader]) -> list[RawHeader]:
        """Return the headers of a response and the security headers that it doesn't set itself."""
        if self._names.isdisjoint(map(NAME, own)):
            return [*own, *self.added]
        names = {name for name, _ in own}
        return [*own, *(pair for pair in self.added if pair[0] not in names)]


class Cors(CORSMiddleware):
    """Starlette's CORS middleware, but pages can send any request header: Apollo, OpenTelemetry and Sentry each add their own.

    Requests without an Origin skip CORS and only get `Vary: Origin`. Pages of public sites can't reach into a private network
    (`Access-Control-Request-Private-Network`). `origins` are those that are allowed; with `*`, all are.
    """

    def __init__(self, app: ASGIApp, *, origins: Container[str], allow_methods: Sequence[str]) -> None:
        super().__init__(
            app,
            allow_origins=("*",) if "*" in origins else (),
            allow_methods=allow_methods,
            allow_headers=("*",),
            expose_headers=EXPOSED_HEADERS,
            max_age=PREFLIGHT_SECONDS,
        )
        self._origins = origins

    def is_allowed_origin(self, origin: str) -> bool:
        """Return whether pages of an origin can call the gateway."""
        return origin in self._origins

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight by allowing the headers that it requests."""
        name = "access-control-request-headers"
        names = requested(request_headers.getlist(name))
        if names is None:
            vary = {"Vary": self.preflight_headers["Vary"]}
            return PlainTextResponse(INVALID_NAMES_MESSAGE, 400, vary)
        others = [(key, value) for key, value in request_headers.raw if key != name.encode()]
        mirrored = [(name.encode(), ", ".join(names).encode())] if names else []
        return super().preflight_response(Headers(raw=[*others, *mirrored]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["method"] == "OPTIONS" and self.applies(scope)):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, self.varying(scope, send))

    def applies(self, scope: Scope) -> bool:
        """Return whether a page of some origin sends a request. Other responses only say that they vary."""
        return header(scope, b"origin") is not None

    def varying(self, scope: Scope, send: Send) -> Send:
        """Wrap `send` to add the headers of a response that isn't a preflight's."""
        if self.applies(scope):
            return partial(self.send, send=send, request_headers=Headers(scope=scope))

        async def vary(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], VARIES]
            await send(message)

        return vary


def requested(lists: Sequence[str]) -> tuple[str, ...] | None:
    """Return the distinct header names that a preflight requests, or None if one is invalid or there are too many."""
    names = [name for each in lists for part in each.split(",") if (name := part.strip(" \t"))]
    if len(names) > MAX_REQUESTED_HEADERS or any(
        len(name) > MAX_HEADER_NAME_BYTES or not _TOKEN.fullmatch(name) for name in names
    ):
        return None
    return tuple({name.lower(): name for name in names}.values())
