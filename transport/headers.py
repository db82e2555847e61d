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
EXPOSED_HEADERS: Final = (
    "X-Request-ID",
    "WWW-Authenticate",
    "X-Crossgate-Cost",
    "X-Crossgate-Execution",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
)
PREFLIGHT_SECONDS: Final = 24 * 60 * 60
SAFE: Final[tuple[RawHeader, ...]] = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
ADDED: Final = "added_headers"  # where the state of a request has more headers of its answer
VARIES: Final[RawHeader] = (b"vary", b"Origin")


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of a request with this name."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None


class SafeHeaders:
    """Adds the protecting headers that an answer does not bring itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in SAFE if pair[0] not in own)]
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
