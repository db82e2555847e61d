"""Bearer authentication: finds the viewer for an Authorization header.

A request without the header is anonymous. A request with invalid credentials is refused (401) and never treated as
anonymous. Tokens must never reach a log or a message.

The viewer is loaded after the whole request has arrived. Before that, a request can only be refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from models.remembered_facts import FactsGuard, FactsMemory, FactsReader
from policies.viewer import ANONYMOUS, Viewer
from resolvers.identity.email_tokens import parse_token
from resolvers.values.api_keys import InvalidApiKey, looks_like_api_key
from transport.authentication.api_keys import KEY_REFUSED, ApiKeyClaims, read_api_key
from transport.authentication.arrival import ReceivedRequest
from transport.authentication.endings import Endings
from transport.authentication.issuers import IssuerToken, read_issuer_token
from transport.authentication.tokens import Claims, InvalidToken, TokenFault, Tokens, Verified
from transport.headers import header, header_values
from transport.logs import log
from transport.refusal import TokenInUrl, Unauthenticated, refuse

Sender: TypeAlias = Claims | ApiKeyClaims | IssuerToken
LoadViewer = Callable[[Sender, FactsReader | None], Awaitable[Viewer | None]]
"""Loads the viewer of verified claims, of an API key, or of an issuer's token, which it verifies. The reader reads its facts.

Returns None if the token isn't valid, or the user, the membership or the key no longer exists.
"""

SCHEME: Final = "bearer"
ORIGIN: Final = b"origin"  # the web origin that a browser says a request comes from
FETCH_SITE: Final = b"sec-fetch-site"  # how it relates to the gateway's; browsers omit ORIGIN when a page reads from its own
SAME_ORIGIN: Final = "same-origin"
URL_PARAMETER: Final = "access_token"  # as RFC 6750 (2.3) names it
VERIFIED_KEY: Final = "verified_token"  # the key of the verified token in a request's state
NOT_BEARER: Final = "Send one token, as Authorization: Bearer TOKEN."
INVALID: Final = "The token is not valid. Sign in again."
OTHER_ORIGIN: Final = "The token can only be used by pages of its own origin, and in the gateway's frames there."
EXPIRED: Final = "The token has expired. Sign in again."


class Session:
    """The viewer of a long-lived connection. Once the session has ended, `end_reason` says why."""

    def __init__(self, claims: Sender | None, load_viewer: LoadViewer, endings: Endings) -> None:
        self._claims = claims
        self._load_viewer = load_viewer
        self._endings = endings
        self._keys = set() if claims is None else {*claims.keys}
        self.end_reason = ""

    @property
    def seconds(self) -> float | None:
        """Seconds until the token expires, or None for an anonymous session and an API key."""
        expires_at = None if self._claims is None else self._claims.expires_at
        return None if expires_at is None else (expires_at - datetime.now(UTC)).total_seconds()

    @property
    def expires_at(self) -> float | None:
        """When the token expires, in seconds since 1970. None as for `seconds`."""
        expires_at = None if self._claims is None else self._claims.expires_at
        return None if expires_at is None else expires_at.timestamp()

    async def viewer(self, facts: FactsReader | None = None) -> Viewer | None:
        """Load the current viewer, or return None if the session has ended. `facts` reads what the viewer depends on."""
        if self._claims is None:
            return ANONYMOUS
        if self._claims.expires_at is not None and self._claims.expires_at <= datetime.now(UTC):
            self.expire()
            return None
        viewer = await self._load_viewer(self._claims, facts)
        if viewer is not None:
            self._keys |= {key for key in (viewer.api_key_id, viewer.identity_id) if key is not None}
        if viewer is None:
            self.end(self._claims.refusal)
        return viewer

    async def ended(self) -> None:
        """Wait until the session has ended because one of its credentials has. An anonymous session never does (V59)."""
        with self._endings.watch(self._keys) as reported:
            while await self._is_valid():  # also at first: a credential can have ended before the watch began
                await reported.wait()
                reported.clear()

    async def _is_valid(self) -> bool:
        """Load the viewer. A database that is away ends no session."""
        try:
            return await self.viewer() is not None
        except Exception:
            log.exception("session.unchecked")
            return True

    def expire(self) -> None:
        """End the session because its token has expired."""
        self.end(EXPIRED)

    def end(self, reason: str) -> None:
        """End the session."""
        self.end_reason = reason


def credentials_of(scope: Scope) -> list[str]:
    """Return the values of a request's Authorization headers."""
    return header_values(scope, b"authorization")


def email_code(scope: Scope) -> str | None:
    """Return the code from an email that a request sends as its bearer token, or None: it has another form than all other tokens."""
    credentials = credentials_of(scope)
    scheme, token = _split_scheme(credentials[0]) if len(credentials) == 1 else ("", "")
    return token if scheme.lower() == SCHEME and parse_token(token) is not None else None


def has_token_in_url(scope: Scope) -> bool:
    """Return whether the URL of a request contains a token."""
    query: bytes = scope["query_string"]
    return bool(query) and any(name.lower() == URL_PARAMETER for name in QueryParams(query))


def distinct(credentials: Iterable[str]) -> list[str]:
    """Remove duplicates: clients may send the same credentials in a header and in a message."""
    return list({(scheme.lower(), token): each for each in credentials for scheme, token in [_split_scheme(each)]}.values())


class NoTokenInUrl:
    """Middleware that refuses every HTTP request with a token in its URL. WebSockets check this themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Return the next application's awaitable; another coroutine would slow down every request."""
        if scope["type"] == "http" and has_token_in_url(scope):
            return refuse(TokenInUrl(), scope["state"]["request_id"])(scope, receive, send)
        return self.app(scope, receive, send)


def _split_scheme(credentials: str) -> tuple[str, str]:
    """Split credentials into scheme and token."""
    scheme, _, token = credentials.strip().partition(" ")
    return scheme, token.strip()


def _bearer_token(credentials: Sequence[str]) -> str:
    """Return the token of bearer credentials. Raises Unauthenticated."""
    scheme, token = _split_scheme(credentials[0])
    if len(credentials) > 1 or scheme.lower() != SCHEME:
        raise Unauthenticated(NOT_BEARER)
    return token


class PresumedViewer:
    """The viewer of a request as it was a moment ago. `guard` confirms it; without a guard, it's the current viewer."""

    def __init__(self, identity: Identity, request: ReceivedRequest) -> None:
        self._identity = identity
        self._request = request
        self.viewer = ANONYMOUS
        self.guard: FactsGuard | None = None

    async def presume(self, *, again: bool = False) -> None:
        """Load the viewer, from memory unless it's presumed `again`. Raises Unauthenticated."""
        self.viewer, self.guard = await self._identity.presume(self._request, again)

    async def current(self) -> Viewer:
        """Return the viewer as this request has loaded it. Raises Unauthenticated if it no longer exists."""
        if self.guard is not None and (self.guard.is_recalled or self.guard.is_stale):
            self.viewer, self.guard = await self._identity.viewer(self._request), None
        return self.viewer


class Identity:
    """Finds the viewer of a request. `own_origin` is the gateway's, where its frames use embed sessions."""

    def __init__(
        self,
        tokens: Tokens,
        load_viewer: LoadViewer,
        endings: Endings | None = None,
        *,
        memory: FactsMemory | None = None,
        own_origin: str | None = None,
    ) -> None:
        """`memory` keeps the facts of viewers between requests; without it, they are always loaded."""
        self._tokens = tokens
        self._load_viewer = load_viewer
        self._endings = endings or Endings()
        self._memory = memory
        self._own_origin = own_origin

    async def viewer(self, request: ReceivedRequest) -> Viewer:
        """Load the current viewer of a request that has arrived. Raises Unauthenticated."""
        return await self._present(request.scope)

    async def presumed_viewer(self, request: ReceivedRequest) -> PresumedViewer:
        """Return the viewer of a request that has arrived, from memory if possible. Raises Unauthenticated."""
        presumed = PresumedViewer(self, request)
        await presumed.presume()
        return presumed

    async def presume(self, request: ReceivedRequest, again: bool) -> tuple[Viewer, FactsGuard | None]:
        """Return the viewer of a request with what confirms it, or None if it's current. Raises Unauthenticated."""
        facts = None if self._memory is None else self._memory.presumed(again=again)
        viewer = await self._present(request.scope, facts)
        return viewer, None if facts is None else facts.guard

    def check(self, scope: Scope) -> dict[str, object]:
        """Reject an invalid token before the body is read. Return its user or key for the log; nothing for an anonymous request.

        Raises Unauthenticated.
        """
        credentials = credentials_of(scope)
        if not credentials:
            return {}
        token = self._credential(credentials, scope)
        if not isinstance(token, Verified):
            return token.log_facts
        scope["state"][VERIFIED_KEY] = token
        return token.claims.log_facts

    async def forewarn(self, scope: Scope, refuse: Callable[[Viewer], Awaitable[object]]) -> None:
        """Let `refuse` raise for a viewer without the right, before a large body is sent. Raises Unauthenticated.

        This grants nothing: the rights are checked again for `viewer`, once the request has arrived.
        """
        await refuse(await self._present(scope))

    async def _present(self, scope: Scope, facts: FactsReader | None = None) -> Viewer:
        claims = self._claims(scope)
        if claims is None:
            return ANONYMOUS
        viewer = await self._load_viewer(claims, facts or self._memory)
        if viewer is None:
            raise Unauthenticated(claims.refusal)
        return viewer

    def _claims(self, scope: Scope) -> Sender | None:
        """Return the claims of a request's token, or None without one. What `check` has verified isn't verified again."""
        verified: Verified | None = scope["state"].get(VERIFIED_KEY)
        if verified is not None and self._tokens.still_holds(verified):
            return verified.claims
        return self._sender(credentials_of(scope), scope)

    def session(self, credentials: Sequence[str], scope: Scope) -> Session:
        """Return the session of these credentials, or an anonymous session without any. Raises Unauthenticated."""
        return Session(self._sender(credentials, scope), self._load_viewer, self._endings)

    def session_of(self, request: ReceivedRequest) -> Session:
        """Return the session of a request with a streamed response. Raises Unauthenticated."""
        return Session(self._claims(request.scope), self._load_viewer, self._endings)

    def _sender(self, credentials: Sequence[str], scope: Scope) -> Sender | None:
        """Return what credentials claim, or None without any. Raises Unauthenticated."""
        if not credentials:
            return None
        token = self._credential(credentials, scope)
        return token.claims if isinstance(token, Verified) else token

    def _credential(self, credentials: Sequence[str], scope: Scope) -> ApiKeyClaims | Verified | IssuerToken:
        """Read an API key, verify a token of the gateway, or read an issuer's. Raises Unauthenticated."""
        text = _bearer_token(credentials)
        if not looks_like_api_key(text):
            return self._token(text, scope)
        try:
            return read_api_key(text, header(scope, ORIGIN))
        except InvalidApiKey:
            raise Unauthenticated(KEY_REFUSED) from None

    def _token(self, text: str, scope: Scope) -> Verified | IssuerToken:
        """Verify a token of the gateway, or read an issuer's. Raises Unauthenticated."""
        try:
            verified = self._tokens.verified(text)
        except InvalidToken as error:
            token = read_issuer_token(text)
            is_expired = error.code is TokenFault.EXPIRED if token is None else token.expires_at <= datetime.now(UTC)
            if token is None or is_expired:
                raise Unauthenticated(EXPIRED if is_expired else INVALID) from None
            return token
        if (embed := verified.claims.embed) is not None and not self._can_use(embed.origin, scope):
            raise Unauthenticated(OTHER_ORIGIN)
        return verified

    def _can_use(self, origin: str, scope: Scope) -> bool:
        """Return whether the page that sends a request can use an embed session of an origin.

        Pages of that origin can, and so can the gateway's own: its frames use only sessions of the sites that show them.
        """
        sender = header(scope, ORIGIN)
        if sender is None:
            return self._own_origin is not None and header(scope, FETCH_SITE) == SAME_ORIGIN
        return sender in (origin, self._own_origin)
