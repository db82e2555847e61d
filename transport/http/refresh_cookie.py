"""The refresh token as a cookie, for pages that shouldn't hold it themselves (V44, V59).

The cookie is HttpOnly, Secure and SameSite=Strict, and browsers send it to PATH only. The gateway reads it there only, whatever a
client sends elsewhere. Pages of other origins can't use it: their requests have no cookies, because CORS allows no credentials.
"""

from __future__ import annotations

from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.types import Scope

from transport.headers import RawHeader, header

PATH: Final = "/graphql/refresh"
NAME: Final = "crossgate_refresh"
MAX_AGE: Final = 30 * 24 * 60 * 60  # seconds, as a session lasts after its last use
MAX_COOKIE_LENGTH: Final = 8_000  # characters of the header
REFRESH_COOKIE: Final[ContextVar[str | None]] = ContextVar("refresh_cookie", default=None)


def read_cookie(scope: Scope) -> str | None:
    """Return the refresh token in the cookie of a request to PATH by POST, or None."""
    text = header(scope, b"cookie")
    if scope["path"] != PATH or scope["method"] != "POST" or text is None or len(text) > MAX_COOKIE_LENGTH:
        return None
    try:
        morsel = SimpleCookie(text).get(NAME)
    except CookieError:
        return None
    return None if morsel is None else morsel.value


def set_cookie(refresh_token: str) -> RawHeader:
    """Return the header that sets the cookie, or removes it if the token is empty."""
    age = MAX_AGE if refresh_token else 0
    attributes = f"Path={PATH}; Max-Age={age}; HttpOnly; Secure; SameSite=Strict"
    return b"set-cookie", f"{NAME}={refresh_token}; {attributes}".encode("ascii")
