"""What a request tells about its sender: the refresh token in a cookie (V44, V59), and the name of its program.

The cookie is for pages that shouldn't hold the token themselves. It's HttpOnly, Secure and SameSite=Strict, and browsers send it to
PATH only. The gateway reads it there only, whatever a client sends elsewhere. Pages of other origins can't use it: their requests
have no cookies, because CORS allows no credentials.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final, Self
from urllib.parse import urlsplit

from starlette.types import Scope

from transport.headers import RawHeader, header

PATH: Final = "/graphql/refresh"
NAME: Final = "crossgate_refresh"
SECURE_PREFIX: Final = "__Secure-"  # browsers accept it over https only, so another site can't set the cookie over http
MAX_AGE: Final = 30 * 24 * 60 * 60  # seconds, as a session lasts after its last use
MAX_COOKIE_LENGTH: Final = 8_000  # characters of the header
REFRESH_COOKIE: Final[ContextVar[str | None]] = ContextVar("refresh_cookie", default=None)
USER_AGENT: Final[ContextVar[str | None]] = ContextVar("user_agent", default=None)  # the program, as it describes itself


@dataclass(frozen=True, slots=True)
class RefreshCookie:
    """The cookie by its name."""

    name: str = NAME

    @classmethod
    def of(cls, public_url: str) -> Self:
        """Return the cookie of a gateway with this public URL."""
        return cls(f"{SECURE_PREFIX}{NAME}" if urlsplit(public_url).scheme == "https" else NAME)

    def store(self, scope: Scope) -> None:
        """Store the cookie and the program of a request, until `forget_sender`."""
        REFRESH_COOKIE.set(self.read(scope))
        USER_AGENT.set(header(scope, b"user-agent"))

    def read(self, scope: Scope) -> str | None:
        """Return the refresh token in the cookie of a request to PATH by POST, or None."""
        text = header(scope, b"cookie")
        if scope["path"] != PATH or scope["method"] != "POST" or text is None or len(text) > MAX_COOKIE_LENGTH:
            return None
        try:
            morsel = SimpleCookie(text).get(self.name)
        except CookieError:
            return None
        return None if morsel is None else morsel.value

    def set(self, refresh_token: str) -> RawHeader:
        """Return the header that sets the cookie, or removes it if the token is empty."""
        age = MAX_AGE if refresh_token else 0
        attributes = f"Path={PATH}; Max-Age={age}; HttpOnly; Secure; SameSite=Strict"
        return b"set-cookie", f"{self.name}={refresh_token}; {attributes}".encode("ascii")


def forget_sender() -> None:
    """Forget what a request tells: a pipelined request starts in this one's context."""
    REFRESH_COOKIE.set(None)
    USER_AGENT.set(None)
