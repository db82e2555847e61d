"""The gateway's bearer tokens: JWTs signed with Ed25519, by keys that all gateway processes share (see `keys`).

A token is valid only if the key named in its header signed it, with this algorithm, for this gateway, and it hasn't expired.
A running gateway notices key rotations. A token or a key must never reach a log or a message.

Verifying a signature costs as much as half a request, so the claims of verified tokens are cached by a digest of the token.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple, Self
from uuid import UUID, uuid4

import jwt
import structlog
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from resolvers.reading.viewers import ACCOUNT_GONE, EmbedFacts
from transport.authentication.keys import Key, UnusableKey, load, stamp

ALGORITHM: Final = "EdDSA"
ISSUER: Final = "crossgate"
AUDIENCE: Final = "crossgate"
MEMBERSHIP: Final = "membership"
EMBED: Final = "embed"
SESSION: Final = "sid"  # as OpenID Connect names it
AUTH_TIME: Final = "auth_time"
TIME_CLAIMS: Final = ("iat", "nbf")  # optional times, next to `exp`
SECRET_BYTES: Final = 32
REFRESH_INTERVAL: Final = 1.0  # seconds between checks for changed keys
NO_EXPIRY: Final = datetime.max.replace(tzinfo=UTC)
CACHE_SIZE: Final = 10_000  # verified tokens, under 1 kB each

log = structlog.stdlib.get_logger("crossgate.tokens")


class TokenFault(StrEnum):
    """Why a token is invalid."""

    MALFORMED = "MALFORMED"
    ALGORITHM = "ALGORITHM"
    SIGNATURE = "SIGNATURE"
    EXPIRED = "EXPIRED"
    ISSUER = "ISSUER"
    AUDIENCE = "AUDIENCE"


FAULTS: Final[dict[type[jwt.PyJWTError], TokenFault]] = {
    jwt.ExpiredSignatureError: TokenFault.EXPIRED,
    jwt.InvalidSignatureError: TokenFault.SIGNATURE,
    jwt.InvalidAlgorithmError: TokenFault.ALGORITHM,
    jwt.InvalidIssuerError: TokenFault.ISSUER,
    jwt.InvalidAudienceError: TokenFault.AUDIENCE,
}


class InvalidToken(Exception):
    """A token is invalid; `code` says why. Never contains the token."""

    def __init__(self, code: TokenFault) -> None:
        super().__init__(f"The token is not valid: {code}.")
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims of a verified token: the user, and the membership it acts with, if any.

    The token of a session names it, and says when the user signed in. Tokens of development have no session (V66).
    """

    user_id: UUID
    membership_id: UUID | None
    expires_at: datetime
    session_id: UUID | None = None
    auth_time: datetime | None = None
    embed: EmbedFacts | None = None  # of an embed session
    refusal: ClassVar[str] = ACCOUNT_GONE  # if the user, the membership or the session no longer exists

    @property
    def keys(self) -> tuple[UUID, ...]:
        """The keys of what the token depends on: membership and session, or the API key and portal origin of an embed session."""
        embed = (None, None) if self.embed is None else (self.embed.key_id, self.embed.portal_origin_id)
        return tuple(key for key in (self.membership_id, self.session_id, *embed) if key is not None)

    @property
    def log_facts(self) -> dict[str, object]:
        """What the log says about the sender."""
        return {"user_id": self.user_id}


class Verified(NamedTuple):
    """Claims, and the generation of the keys that verified them."""

    claims: Claims
    generation: int


class Tokens:
    """Issues and verifies tokens, and derives the gateway's other secrets from the same keys."""

    def __init__(self, keys: tuple[Key, ...], path: Path | None = None) -> None:
        """Sign with the first key. Reload the keys when the file `path` changes."""
        self._path = path
        self._keys = keys
        self._stamp = None if path is None else stamp(path)
        self._last_refresh = time.monotonic()
        self._callbacks: list[Callable[[], None]] = []
        self._cached_claims: OrderedDict[bytes, Claims] = OrderedDict()
        self._generation = 0  # the number of reloads

    @classmethod
    def load(cls, path: Path) -> Self:
        """Load the keys, or create one if the file doesn't exist. Raises UnusableKey."""
        return cls(load(path), path)

    @property
    def kid(self) -> str:
        """The ID of the signing key."""
        return self._keys[0].kid

    def follow(self, changed: Callable[[], None]) -> None:
        """Register a callback for changes of the keys."""
        self._callbacks.append(changed)

    def issue(
        self,
        user_id: UUID,
        membership_id: UUID | None,
        lifetime: int,
        session_id: UUID | None = None,
        auth_time: datetime | None = None,
    ) -> str:
        """Return a token that expires in `lifetime` seconds. One of a session says when the user signed in."""
        claims: dict[str, Any] = {}
        if membership_id is not None:
            claims[MEMBERSHIP] = str(membership_id)
        if session_id is not None and auth_time is not None:
            claims |= {SESSION: str(session_id), AUTH_TIME: int(auth_time.timestamp())}
        return self._signed(user_id, lifetime, claims)

    def issue_embedded(self, user_id: UUID, embed: EmbedFacts, lifetime: int) -> str:
        """Return the token of an embed session, which expires in `lifetime` seconds (V52). `user_id` is the API key's user."""
        keys = {"key": str(embed.key_id), "company": str(embed.company_id)}
        portal = {} if embed.portal_origin_id is None else {"portal": str(embed.portal_origin_id)}
        facts = {"roles": list(embed.roles), "origin": embed.origin, "user": embed.external_user, **portal}
        return self._signed(user_id, lifetime, {EMBED: {**keys, **facts}})

    def _signed(self, user_id: UUID, lifetime: int, more: Mapping[str, Any]) -> str:
        self._refresh()
        now = datetime.now(UTC)
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "iat": now,
            "exp": now + timedelta(seconds=lifetime),
            "jti": uuid4().hex,
            **more,
        }
        return jwt.encode(claims, self._keys[0].private, algorithm=ALGORITHM, headers={"kid": self.kid})

    def verify(self, token: str) -> Claims:
        """Return the claims of a valid token. Raises InvalidToken."""
        self._refresh()
        digest = sha256(token.encode()).digest()  # the cache never holds the token itself
        claims = self._cached_claims.get(digest)
        if claims is None:
            claims = self._checked(token)
            self._remember(digest, claims)
        elif claims.expires_at <= datetime.now(UTC):
            self._cached_claims.pop(digest, None)
            raise InvalidToken(TokenFault.EXPIRED)
        return claims

    def verified(self, token: str) -> Verified:
        """Return the claims of a valid token, for `still_holds` to check again later. Raises InvalidToken."""
        return Verified(self.verify(token), self._generation)

    def still_holds(self, verified: Verified) -> bool:
        """Return whether a verified token is still valid: it hasn't expired, and the keys haven't changed since."""
        self._refresh()
        return verified.generation == self._generation and verified.claims.expires_at > datetime.now(UTC)

    def _refresh(self) -> None:
        """Reload the keys if their file has changed. If it can't be read, keep the current keys."""
        if self._path is None or time.monotonic() - self._last_refresh < REFRESH_INTERVAL:
            return
        self._last_refresh = time.monotonic()
        try:
            if (current := stamp(self._path)) == self._stamp:
                return
            self._keys, self._stamp = load(self._path), current
        except (OSError, UnusableKey) as error:
            log.error("keys.unreadable", error=str(error))
            return
        self._cached_claims.clear()  # keys can have been revoked
        self._generation += 1
        log.info("keys.loaded", kid=self.kid, retired=sum(key.is_usable for key in self._keys[1:]))
        for changed in self._callbacks:
            changed()

    def _signer(self, token: str) -> Key:
        """Return the key named in a token's header, or the signing key if it names none. Raises InvalidToken."""
        kid = jwt.get_unverified_header(token).get("kid", self.kid)
        signer = next((key for key in self._keys if key.kid == kid), None)
        if signer is None:
            raise InvalidToken(TokenFault.SIGNATURE)
        if not signer.is_usable:
            raise InvalidToken(TokenFault.EXPIRED)
        return signer

    def _remember(self, digest: bytes, claims: Claims) -> None:
        """Cache the claims of a verified token, and evict the oldest entry from a full cache."""
        self._cached_claims[digest] = claims
        if len(self._cached_claims) > CACHE_SIZE:
            self._cached_claims.popitem(last=False)

    def _checked(self, token: str) -> Claims:
        """Verify a token's signature and claims, and return the claims. Raises InvalidToken."""
        try:
            key = self._signer(token)
            claims = jwt.decode(
                token,
                key.private.public_key(),
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": ["exp", "iss", "aud", "sub"], "verify_iat": False},
            )
            membership, session = claims.get(MEMBERSHIP), claims.get(SESSION)
            for name in TIME_CLAIMS:
                moment(claims.get(name, 0))
            return Claims(
                user_id=UUID(claims["sub"]),
                membership_id=None if membership is None else UUID(membership),
                expires_at=min(moment(claims["exp"]), key.until or NO_EXPIRY),
                session_id=None if session is None else UUID(session),
                auth_time=None if session is None else moment(claims[AUTH_TIME]),
                embed=_embed(claims[EMBED]) if EMBED in claims else None,
            )
        except InvalidToken:
            raise
        except jwt.PyJWTError as error:
            raise InvalidToken(FAULTS.get(type(error), TokenFault.MALFORMED)) from None
        except Exception:  # hostile bytes may break a parser in any way
            raise InvalidToken(TokenFault.MALFORMED) from None

    def secrets(self, purpose: bytes) -> tuple[bytes, ...]:
        """Derive a secret for a purpose from each usable key, in key order (HKDF-SHA256, 32 bytes; the same in every process)."""
        return tuple(_secret(key, purpose) for key in self._keys if key.is_usable)

    def kept_secrets(self, purpose: bytes) -> tuple[bytes, ...]:
        """Like `secrets`, but also of keys that verify no token any more: what they have encrypted stays readable."""
        self._refresh()
        return tuple(_secret(key, purpose) for key in self._keys)


def _secret(key: Key, purpose: bytes) -> bytes:
    derive = HKDF(algorithm=hashes.SHA256(), length=SECRET_BYTES, salt=None, info=b"crossgate:" + purpose)
    return derive.derive(key.private.private_bytes_raw())


def _embed(claim: Mapping[str, Any]) -> EmbedFacts:
    """Parse the facts of an embed session. Raises KeyError, TypeError or ValueError if they aren't valid."""
    keys = UUID(claim["key"]), UUID(claim["company"])
    portal = UUID(claim["portal"]) if "portal" in claim else None
    return EmbedFacts(*keys, tuple(claim["roles"]), claim["origin"], claim["user"], portal)


def moment(claim: object) -> datetime:
    """Parse a timestamp claim. Raises TypeError, ValueError, OverflowError or OSError if it isn't valid."""
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        raise TypeError
    return datetime.fromtimestamp(claim, UTC)
