"""Bearer tokens of the gateway: JWTs signed with Ed25519, by one key that all gateway processes share.

The key is made on first start and kept in a file that only its owner reads. A token is believed only if it was signed by
this key, by this algorithm, for this gateway, and has not expired. A token or the key must never reach a log or a message.

Checking a signature costs as much as half a request, so what believed tokens say is remembered, by a digest of each token.
"""

from __future__ import annotations

import os
import tempfile
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALGORITHM: Final = "EdDSA"
ISSUER: Final = "crossgate"
AUDIENCE: Final = "crossgate"
MEMBERSHIP: Final = "membership"
MOMENTS: Final = ("iat", "nbf")  # times beside `exp`, which may be left out
SECRET_BYTES: Final = 32
REMEMBERED: Final = 10_000  # believed tokens, under 1 kB each


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


class UnusableKey(Exception):
    """The file of the signing key holds something else."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} holds no Ed25519 private key in PEM form. Remove it to have a new key made.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a believed token says: who, and as a member of which company (None: of none)."""

    user_id: UUID
    membership_id: UUID | None
    expires_at: datetime


class Tokens:
    """Issues and verifies tokens, and derives the gateway's other secrets from the same key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._public = key.public_key()
        self._believed: OrderedDict[bytes, Claims] = OrderedDict()
        self.kid = _fingerprint(key)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the key; make it if there is none. Processes that start at once agree on one key. Raises UnusableKey."""
        if not path.exists():
            _create(path)
        return cls(_read(path))

    def issue(self, user_id: UUID, membership_id: UUID | None, lifetime: int) -> str:
        """A token that is good for `lifetime` seconds from now."""
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
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self.kid})

    def verify(self, token: str) -> Claims:
        """What the token says. Raises InvalidToken."""
        digest = sha256(token.encode()).digest()  # in the place of the token, which is not to be found in memory
        claims = self._believed.get(digest)
        if claims is None:
            claims = self._checked(token)
            self._remember(digest, claims)
        elif claims.expires_at <= datetime.now(UTC):
            self._believed.pop(digest, None)
            raise InvalidToken(TokenFault.EXPIRED)
        return claims

    def _remember(self, digest: bytes, claims: Claims) -> None:
        """Remember a token that is believed; of too many, the one remembered for longest is forgotten."""
        self._believed[digest] = claims
        if len(self._believed) > REMEMBERED:
            self._believed.popitem(last=False)

    def _checked(self, token: str) -> Claims:
        """What the token says, by its signature and its claims. Raises InvalidToken."""
        try:
            claims = jwt.decode(
                token,
                self._public,
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
                expires_at=_moment(claims["exp"]),
            )
        except jwt.PyJWTError as error:
            raise InvalidToken(FAULTS.get(type(error), TokenFault.MALFORMED)) from None
        except Exception:  # whatever hostile bytes do to a parser, they are no token
            raise InvalidToken(TokenFault.MALFORMED) from None

    def secret(self, purpose: bytes) -> bytes:
        """A secret for one purpose, the same in every process that has the key (HKDF-SHA256, 32 bytes)."""
        derive = HKDF(algorithm=hashes.SHA256(), length=SECRET_BYTES, salt=None, info=b"crossgate:" + purpose)
        return derive.derive(self._key.private_bytes_raw())


def _moment(claim: object) -> datetime:
    """The time that a claim names. Raises TypeError, ValueError, OverflowError or OSError for what is none."""
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        raise TypeError
    return datetime.fromtimestamp(claim, UTC)


def _fingerprint(key: Ed25519PrivateKey) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_key().public_bytes_raw())
    return digest.finalize().hex()[:16]


def _create(path: Path) -> None:
    """Write a new key beside `path`, then link it there: the first link wins, and nobody reads half a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as draft:  # made with mode 0600
        draft.write(pem)
        draft.flush()
        os.fsync(draft.fileno())
        try:
            os.link(draft.name, path)
        except FileExistsError:
            return


def _read(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        raise UnusableKey(path) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UnusableKey(path)
    return key
