"""Headers that protect browsers, on every answer, and what pages of other origins may send and read.

Other origins may call the gateway from any page that holds a token: partners embed it in sites that we do not know, and
without cookies an origin gains nothing that it could not ask for from its own server. Credentials are therefore never allowed.
A module that serves pages sets its own Content-Security-Policy, which then stands.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALLOWED_HEADERS: Final = ("Authorization", "Content-Type", "X-Request-ID")
EXPOSED_HEADERS: Final = ("X-Request-ID", "WWW-Authenticate")
PREFLIGHT_SECONDS: Final = 24 * 60 * 60
SAFE: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class SafeHeaders:
    """Adds the protecting headers that an answer does not bring itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, safe)
