"""Tokens of companies' OpenID issuers (V53). Their form is checked before the body is read, and the rest with the viewer.

A token says nothing that counts until its signature has been verified with a key of its issuer. A token must never reach a log or a
message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar, Final
from uuid import UUID

import jwt
from cachetools import LRUCache

from models.identity_issuer import MAX_AUDIENCE_LENGTH, MAX_SUBJECT_LENGTH
from resolvers.reading.viewers import IdentityFacts
from resolvers.values.text import is_storable
from resolvers.writing.input_reader import MAX_EMAIL_LENGTH, MAX_URL_LENGTH
from transport.authentication.discovery import ALGORITHMS, IssuerKey
from transport.authentication.issuer_keys import IssuerKeys
from transport.authentication.tokens import moment

ISSUER_REFUSED: Final = "The token of the identity provider is not valid, or is for no member of its company."
SIGNING: Final = frozenset(algorithm for algorithms in ALGORITHMS.values() for algorithm in algorithms)  # public keys only
TYPES: Final = ("jwt", "at+jwt", "application/at+jwt")  # other types are for other purposes, such as signing out
SCHEMES: Final = ("https://", "http://")
REQUIRED: Final = ["exp", "iat", "iss", "aud", "sub"]
MAX_LENGTH: Final = 16_384  # characters of a token
MAX_KID_LENGTH: Final = 255  # characters
MAX_AUDIENCES: Final = 10  # of a token
LEEWAY: Final = timedelta(seconds=30)  # that an issuer's clock can be fast
MAX_LIFETIME: Final = timedelta(days=1)  # after which a token is no longer accepted, whatever it says
CACHE_SIZE: Final = 10_000  # verified tokens


@dataclass(frozen=True, slots=True)
class IssuerToken:
    """A token that has the form of an issuer's. Nothing that it says has been verified."""

    text: str = field(repr=False)
    issuer: str
    audiences: tuple[str, ...]
    kid: str | None
    algorithm: str
    expires_at: datetime
    refusal: ClassVar[str] = ISSUER_REFUSED
    keys: ClassVar[tuple[UUID, ...]] = ()  # the viewer names the identity

    @property
    def log_facts(self) -> dict[str, object]:
        """What the log says about the sender."""
        return {"issuer": self.issuer}


class Issuers:
    """Verifies tokens of issuers."""

    def __init__(self, keys: IssuerKeys) -> None:
        self.keys = keys
        self._verified: LRUCache[bytes, tuple[IssuerKey, IdentityFacts]] = LRUCache(
            CACHE_SIZE
        )  # by digest, so it holds no token

    async def verify(self, token: IssuerToken) -> IdentityFacts | None:
        """Return what a valid token says, or None if it isn't valid. Loading the viewer finds its company."""
        key = await self.keys.find(token.issuer, token.audiences, token.kid, token.algorithm)
        if key is None or token.expires_at <= datetime.now(UTC):
            return None
        digest = sha256(token.text.encode()).digest()
        verified_by, facts = self._verified.get(digest) or (None, None)
        if verified_by is not key and (facts := verified_facts(token, key)) is not None:  # the key can have been replaced
            self._verified[digest] = key, facts
        return facts


def read_issuer_token(text: str) -> IssuerToken | None:
    """Return what a text says that has the form of an issuer's token, or None if it hasn't."""
    if len(text) > MAX_LENGTH:
        return None
    try:
        parts = jwt.decode_complete(text, options={"verify_signature": False})
        header, claims = parts["header"], parts["payload"]
        issuer, kid = claims["iss"], header.get("kid")
        is_issuer = _is_text(issuer, MAX_URL_LENGTH) and issuer.startswith(SCHEMES)
        is_key = kid is None or _is_text(kid, MAX_KID_LENGTH)
        is_for_signing_in = header["alg"] in SIGNING and str(header.get("typ", "jwt")).lower() in TYPES
        if not (is_issuer and is_key and is_for_signing_in):
            return None
        expires_at = min(moment(claims["exp"]), moment(claims["iat"]) + MAX_LIFETIME)
        return IssuerToken(text, issuer, _audiences(claims["aud"]), kid, header["alg"], expires_at)
    except Exception:  # hostile bytes may break a parser in any way
        return None


def verified_facts(token: IssuerToken, key: IssuerKey) -> IdentityFacts | None:
    """Verify a token's signature and claims. Return what it says, or None if it isn't valid.

    Its issuer and its audience are compared with those of companies by the statement that loads the viewer.
    """
    try:
        claims = jwt.decode(
            token.text,
            key.public,
            algorithms=[token.algorithm],
            issuer=token.issuer,
            audience=token.audiences,
            leeway=LEEWAY,
            options={"require": REQUIRED},
        )
        return _facts(token, claims)
    except Exception:  # PyJWT's errors, and hostile values
        return None


def _facts(token: IssuerToken, claims: Mapping[str, Any]) -> IdentityFacts | None:
    """Return the facts of verified claims, or None if the email address isn't verified or a claim isn't valid."""
    subject, email, auth_time = claims["sub"], claims.get("email"), claims.get("auth_time")
    is_valid = (
        _is_text(subject, MAX_SUBJECT_LENGTH) and _is_text(email, MAX_EMAIL_LENGTH) and claims.get("email_verified") is True
    )
    signed_in_at = None if auth_time is None else moment(auth_time)
    if not is_valid or (signed_in_at is not None and signed_in_at > datetime.now(UTC) + LEEWAY):
        return None
    return IdentityFacts(token.issuer, token.audiences, subject, str(email), signed_in_at)


def _audiences(claim: object) -> tuple[str, ...]:
    """Parse an audience claim. Raises ValueError if it isn't valid."""
    audiences = claim if isinstance(claim, list) else [claim]
    if not 0 < len(audiences) <= MAX_AUDIENCES or not all(_is_text(each, MAX_AUDIENCE_LENGTH) for each in audiences):
        raise ValueError
    return tuple(audiences)


def _is_text(value: object, max_length: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= max_length and is_storable(value)
