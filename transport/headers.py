"""Headers that protect browsers, on every answer, and what pages of other origins may send and read.

Other origins may call the gateway from any page that holds a token: partners embed it in sites that we do not know, and
without cookies an origin gains nothing that it could not ask for from its own server. Credentials are therefore never allowed.
A module that serves pages sets its own Content-Security-Policy, which then stands.

Headers are read and written here as ASGI has them, pairs of bytes with names in lower case: objects around them would cost
each request more than what is done with them.
"""

from __future__ import annotations

from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

RawHeader = tuple[bytes, bytes]

ALLOWED_HEADERS: Final = ("Authorization", "Content-Type", "Idempotency-Key", "X-Crossgate-View-As", "X-Request-ID")
EXPOSED_HEADERS: Final = ("X-Request-ID", "WWW-Authenticate", "X-Crossgate-Cost", "X-Crossgate-Execution")
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
VARIES: Final[RawHeader] = (b"vary", b"Origin")


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of a request with this name."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None


class SafeHeaders:
    """Adds the protecting headers that an answer does not bring itself; `secure` is for a gateway that is reached by HTTPS."""

    def __init__(self, app: ASGIApp, *, secure: bool = False) -> None:
        self.app = app
        self.added = (*SAFE, HSTS) if secure else SAFE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in self.added if pair[0] not in own)]
            await send(message)

        await self.app(scope, receive, safe)


class Cors(CORSMiddleware):
    """Starlette's, with a short way for requests that name no origin: they are told no more than that an origin would matter."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or header(scope, b"origin") is not None:
            await super().__call__(scope, receive, send)
            return

        async def varying(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], VARIES]
            await send(message)

        await self.app(scope, receive, varying)
