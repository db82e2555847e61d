"""Who asks: from the Authorization header to a viewer.

Without the header the visitor is anonymous. With one, it is a viewer or the request is refused (401): credentials that
are not believed never fall back to an anonymous visit. No token is ever logged or repeated.

The viewer of a request is looked up after all of the request has arrived. Before that a request can only be refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from policies.viewer import ANONYMOUS, Viewer
from resolvers.writing.rights import ACCOUNT_GONE
from transport.authentication.arrival import ReceivedRequest
from transport.authentication.tokens import Claims, InvalidToken, TokenFault, Tokens, Verified
from transport.refusal import TokenInUrl, Unauthenticated, refuse

LoadViewer = Callable[[Claims], Awaitable[Viewer | None]]
"""Finds the viewer of believed claims; None if the user or its membership is gone."""

SCHEME: Final = "bearer"
IN_URL: Final = "access_token"  # as RFC 6750 (2.3) names it
VERIFIED: Final = "verified_token"  # where the state of a request has its token, once that was verified
NOT_BEARER: Final = "Send the token as Authorization: Bearer TOKEN, once."
INVALID: Final = "The token is not valid."
EXPIRED: Final = "The token has expired."


class Session:
    """Who asks for as long as a connection lasts. `over` says why it may not go on, once it may not."""

    def __init__(self, claims: Claims | None, load_viewer: LoadViewer) -> None:
        self._claims = claims
        self._load_viewer = load_viewer
        self.over = ""

    @property
    def seconds(self) -> float | None:
        """How long the token is still good, None for a visitor, who has none."""
        return None if self._claims is None else (self._claims.expires_at - datetime.now(UTC)).total_seconds()

    async def viewer(self) -> Viewer | None:
        """The viewer as it stands now, None if the session is over."""
        if self._claims is None:
            return ANONYMOUS
        if self._claims.expires_at <= datetime.now(UTC):
            self.expire()
            return None
        viewer = await self._load_viewer(self._claims)
        if viewer is None:
            self.end(ACCOUNT_GONE)
        return viewer

    def expire(self) -> None:
        """End it, since its token has."""
        self.end(EXPIRED)

    def end(self, why: str) -> None:
        """End it."""
        self.over = why


def credentials_of(scope: Scope) -> list[str]:
    """The values of a request's Authorization headers."""
    return [str(value, "latin-1") for name, value in scope["headers"] if name == b"authorization"]


def has_token_in_url(scope: Scope) -> bool:
    """Whether the address of a request has a token."""
    query: bytes = scope["query_string"]
    return bool(query) and any(name.lower() == IN_URL for name in QueryParams(query))


def distinct(credentials: Iterable[str]) -> list[str]:
    """Credentials of which clients send the same twice, in a header and in a message: each once."""
    return list({(scheme.lower(), token): each for each in credentials for scheme, token in [_parts(each)]}.values())


class NoTokenInUrl:
    """Middleware that refuses requests with a token in their address, whatever the address is. A socket refuses it by itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Return the awaitable of the next application: a coroutine of this layer's own would cost each request."""
        if scope["type"] == "http" and has_token_in_url(scope):
            return refuse(TokenInUrl(), scope["state"]["request_id"])(scope, receive, send)
        return self.app(scope, receive, send)


def _parts(credentials: str) -> tuple[str, str]:
    """The scheme and the token."""
    scheme, _, token = credentials.strip().partition(" ")
    return scheme, token.strip()


class Identity:
    """Turns a request into its viewer."""

    def __init__(self, tokens: Tokens, load_viewer: LoadViewer) -> None:
        self._tokens = tokens
        self._load_viewer = load_viewer

    async def viewer(self, request: ReceivedRequest) -> Viewer:
        """The viewer of a request, as it stands now that all of the request is here. Raises Unauthenticated."""
        return await self._present(request.scope)

    def check(self, scope: Scope) -> UUID | None:
        """Refuse a bad token before the body is read. Returns the user that the token names, for the log.

        Raises Unauthenticated.
        """
        credentials = credentials_of(scope)
        if not credentials:
            return None
        verified = scope["state"][VERIFIED] = self._verified(credentials)
        return verified.claims.user_id

    async def forewarn(self, scope: Scope, refuse: Callable[[Viewer], Awaitable[object]]) -> None:
        """Let `refuse` raise for a viewer that may not do this now, before a large body is sent. Raises Unauthenticated.

        This allows nothing: the request is decided again by its `viewer`.
        """
        await refuse(await self._present(scope))

    async def _present(self, scope: Scope) -> Viewer:
        verified: Verified | None = scope["state"].get(VERIFIED)
        if verified is None or not self._tokens.still_holds(verified):
            credentials = credentials_of(scope)
            if not credentials:
                return ANONYMOUS
            verified = self._verified(credentials)
        viewer = await self._load_viewer(verified.claims)
        if viewer is None:
            raise Unauthenticated(ACCOUNT_GONE)
        return viewer

    def session(self, credentials: Sequence[str]) -> Session:
        """The session of these credentials, a visitor's session where there are none. Raises Unauthenticated."""
        return Session(self._verified(credentials).claims if credentials else None, self._load_viewer)

    def session_of(self, request: ReceivedRequest) -> Session:
        """The session of a request whose answer lasts. Raises Unauthenticated."""
        return self.session(credentials_of(request.scope))

    def _verified(self, credentials: Sequence[str]) -> Verified:
        scheme, token = _parts(credentials[0])
        if len(credentials) > 1 or scheme.lower() != SCHEME:
            raise Unauthenticated(NOT_BEARER)
        try:
            return self._tokens.verified(token)
        except InvalidToken as error:
            raise Unauthenticated(EXPIRED if error.code is TokenFault.EXPIRED else INVALID) from None
