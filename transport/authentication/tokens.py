"""Bearer tokens of the gateway: JWTs signed with Ed25519, by keys that all gateway processes share (transport/authentication/keys.py).

A token is believed only if it was signed by the key that its header names, by this algorithm, for this gateway, and has not
expired. A rotation of the keys is noticed while the gateway runs. A token or a key must never reach a log or a message.

Checking a signature costs as much as half a request, so what believed tokens say is remembered, by a digest of each token.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID, uuid4

import jwt
import structlog
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from transport.authentication.keys import Key, UnusableKey, load, stamp

ALGORITHM: Final = "EdDSA"
ISSUER: Final = "crossgate"
AUDIENCE: Final = "crossgate"
MEMBERSHIP: Final = "membership"
MOMENTS: Final = ("iat", "nbf")  # times beside `exp`, which may be left out
SECRET_BYTES: Final = 32
REFRESH_INTERVAL: Final = 1.0  # seconds between two looks at whether the keys have changed
FAR_AWAY: Final = datetime.max.replace(tzinfo=UTC)
CACHE_SIZE: Final = 10_000  # believed tokens, under 1 kB each

log = structlog.stdlib.get_logger("crossgate.tokens")


class TokenFault(StrEnum):
    """Why a token is not believed."""

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
    """A token that is not believed, and why; never the token itself."""

    def __init__(self, code: TokenFault) -> None:
        super().__init__(f"The token is not valid: {code}.")
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a believed token says: who, and as a member of which company (None: of none)."""

    user_id: UUID
    membership_id: UUID | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Verified:
    """Claims, and with which generation of keys they were verified."""

    claims: Claims
    generation: int


class Tokens:
    """Issues and verifies tokens, and derives the gateway's other secrets from the same key."""

    def __init__(self, keys: tuple[Key, ...], path: Path | None = None) -> None:
        """Sign with the first key. Those of `path` are read again when it changes."""
        self._path = path
        self._keys = keys
        self._stamp = None if path is None else stamp(path)
        self._looked = time.monotonic()
        self._followers: list[Callable[[], None]] = []
        self._believed: OrderedDict[bytes, Claims] = OrderedDict()
        self._generation = 0  # how often the keys were read again

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the keys; make one if there is none. Raises UnusableKey."""
        return cls(load(path), path)

    @property
    def kid(self) -> str:
        """The name of the key that signs."""
        return self._keys[0].kid

    def follow(self, changed: Callable[[], None]) -> None:
        """Call something whenever the keys have changed."""
        self._followers.append(changed)

    def issue(self, user_id: UUID, membership_id: UUID | None, lifetime: int) -> str:
        """A token that is good for `lifetime` seconds from now."""
        self._refresh()
        now = datetime.now(UTC)
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "iat": now,
            "exp": now + timedelta(seconds=lifetime),
            "jti": uuid4().hex,
        }
        if membership_id is not None:
            claims[MEMBERSHIP] = str(membership_id)
        return jwt.encode(claims, self._keys[0].private, algorithm=ALGORITHM, headers={"kid": self.kid})

    def verify(self, token: str) -> Claims:
        """What the token says. Raises InvalidToken."""
        self._refresh()
        digest = sha256(token.encode()).digest()  # in the place of the token, which is not to be found in memory
        claims = self._believed.get(digest)
        if claims is None:
            claims = self._checked(token)
            self._remember(digest, claims)
        elif claims.expires_at <= datetime.now(UTC):
            self._believed.pop(digest, None)
            raise InvalidToken(TokenFault.EXPIRED)
        return claims

    def verified(self, token: str) -> Verified:
        """The claims of a token, to be looked at again later. Raises InvalidToken."""
        return Verified(self.verify(token), self._generation)

    def still_holds(self, verified: Verified) -> bool:
        """Whether a token that was verified before is good now: neither expired, nor signed by a key that may be revoked since."""
        self._refresh()
        return verified.generation == self._generation and verified.claims.expires_at > datetime.now(UTC)

    def _refresh(self) -> None:
        """Read the keys again if their file has changed. What cannot be read changes nothing."""
        if self._path is None or time.monotonic() - self._looked < REFRESH_INTERVAL:
            return
        self._looked = time.monotonic()
        try:
            if (found := stamp(self._path)) == self._stamp:
                return
            self._keys, self._stamp = load(self._path), found
        except (OSError, UnusableKey) as error:
            log.error("keys.unreadable", error=str(error))
            return
        self._believed.clear()  # a key may have been revoked
        self._generation += 1
        log.info("keys.loaded", kid=self.kid, retired=len(self._keys) - 1)
        for changed in self._followers:
            changed()

    def _signer(self, token: str) -> Key:
        """The key that has signed a token, by its header; the one that signs where it names none. Raises InvalidToken."""
        kid = jwt.get_unverified_header(token).get("kid", self.kid)
        found = next((key for key in self._keys if key.kid == kid), None)
        if found is None:
            raise InvalidToken(TokenFault.SIGNATURE)
        if not found.is_usable:
            raise InvalidToken(TokenFault.EXPIRED)
        return found

    def _remember(self, digest: bytes, claims: Claims) -> None:
        """Remember a token that is believed; of too many, the one remembered for longest is forgotten."""
        self._believed[digest] = claims
        if len(self._believed) > CACHE_SIZE:
            self._believed.popitem(last=False)

    def _checked(self, token: str) -> Claims:
        """What the token says, by its signature and its claims. Raises InvalidToken."""
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
            membership = claims.get(MEMBERSHIP)
            for name in MOMENTS:
                _moment(claims.get(name, 0))
            return Claims(
                user_id=UUID(claims["sub"]),
                membership_id=None if membership is None else UUID(membership),
                expires_at=min(_moment(claims["exp"]), key.until or FAR_AWAY),
            )
        except InvalidToken:
            raise
        except jwt.PyJWTError as error:
            raise InvalidToken(FAULTS.get(type(error), TokenFault.MALFORMED)) from None
        except Exception:  # whatever hostile bytes do to a parser, they are no token
            raise InvalidToken(TokenFault.MALFORMED) from None

    def secrets(self, purpose: bytes) -> tuple[bytes, ...]:
        """A secret for one purpose of each usable key, in their order; every process has the same (HKDF-SHA256, 32 bytes)."""
        return tuple(_secret(key, purpose) for key in self._keys if key.is_usable)


def _secret(key: Key, purpose: bytes) -> bytes:
    derive = HKDF(algorithm=hashes.SHA256(), length=SECRET_BYTES, salt=None, info=b"crossgate:" + purpose)
    return derive.derive(key.private.private_bytes_raw())


def _moment(claim: object) -> datetime:
    """The time that a claim names. Raises TypeError, ValueError, OverflowError or OSError for what is none."""
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        raise TypeError
    return datetime.fromtimestamp(claim, UTC)
