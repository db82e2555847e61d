"""OpenID Connect Discovery: finds an issuer's public keys by its URL. It's given issuers that companies have named, and no others.

Nothing that an issuer sends is trusted beyond this: no redirect is followed, a response has a size and a time, its `issuer` has to be
the one that was asked, and only public keys of known algorithms count.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpcore
import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from transport.public_network import FAILURES, PublicNetwork, Unusable, read_body, trusted_authorities

WELL_KNOWN: Final = "/.well-known/openid-configuration"
ALGORITHMS: Final[Mapping[tuple[str, str | None], tuple[str, ...]]] = {  # by type and curve of the key
    ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
RSA_BITS: Final = range(2048, 8193)  # shorter keys can be broken, and longer ones take too long
MAX_BYTES: Final = 256 * 1024  # of a response
MAX_KEYS: Final = 100
TIMEOUT: Final = 10.0  # seconds for both responses
STEP_TIMEOUT: Final = 5.0  # seconds to connect, and for each part of a response
LOCAL: Final = (b"localhost", b"127.0.0.1", b"::1", b"[::1]")


class IssuerUnavailable(Exception):
    """An issuer can't be reached, or its documents aren't valid."""


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A public key of an issuer, and the algorithms that it's for."""

    kid: str | None
    algorithms: tuple[str, ...]
    public: Any = field(repr=False)


class Discovery:
    """Fetches the keys of issuers. With `local`, an issuer can be on this machine, and use http."""

    def __init__(self, *, local: bool = False) -> None:
        self._local = local
        self._network = PublicNetwork(local=local)

    async def __call__(self, issuer: str) -> tuple[IssuerKey, ...]:
        """Return the public keys of an issuer. Raises IssuerUnavailable."""
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._keys(issuer)
        except Unusable as error:
            raise IssuerUnavailable(str(error)) from None
        except FAILURES as error:
            raise IssuerUnavailable(f"{type(error).__name__}: {error}") from None

    async def _keys(self, issuer: str) -> tuple[IssuerKey, ...]:
        async with httpcore.AsyncConnectionPool(await trusted_authorities(), network_backend=self._network) as pool:
            document = await self._fetch(pool, issuer.removesuffix("/") + WELL_KNOWN)
            if document.get("issuer") != issuer:
                raise IssuerUnavailable("The discovery document names another issuer.")
            if not isinstance(address := document.get("jwks_uri"), str):
                raise IssuerUnavailable("The discovery document has no jwks_uri.")
            return parse_keys(await self._fetch(pool, address))

    async def _fetch(self, pool: httpcore.AsyncConnectionPool, address: str) -> Mapping[str, Any]:
        """Return the JSON object at an address. Raises IssuerUnavailable, and the errors of httpcore."""
        url = self._checked(address)
        body = await read_body(pool, url, "application/json", max_bytes=MAX_BYTES, seconds=STEP_TIMEOUT)
        try:
            parsed = orjson.loads(body)
        except orjson.JSONDecodeError:
            parsed = None
        if not isinstance(parsed, dict):
            raise IssuerUnavailable("It doesn't answer with a JSON object.")
        return parsed

    def _checked(self, address: str) -> httpcore.URL:
        """Return an address as the client reads it, if its scheme is allowed. Raises IssuerUnavailable."""
        try:
            url = httpcore.URL(address)
        except (ValueError, TypeError):
            raise IssuerUnavailable("An address isn't valid.") from None
        if url.scheme != b"https" and not (self._local and url.scheme == b"http" and url.host in LOCAL):
            raise IssuerUnavailable("An address isn't https.")
        return url


def parse_keys(document: Mapping[str, Any]) -> tuple[IssuerKey, ...]:
    """Return the usable keys of a JSON Web Key Set. Raises IssuerUnavailable if it isn't one."""
    keys = document.get("keys")
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise IssuerUnavailable(f"The keys aren't a list of at most {MAX_KEYS}.")
    return tuple(key for each in keys if isinstance(each, dict) for key in _parsed(each))


def _parsed(key: Mapping[str, Any]) -> Iterator[IssuerKey]:
    """Yield the key if it's a public one that signs. Others are left out: issuers publish keys for other purposes too."""
    kid, algorithms = key.get("kid"), _algorithms(key)
    operations = key.get("key_ops", ["verify"])
    is_for_signing = key.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
    if not algorithms or not is_for_signing or "d" in key or not isinstance(kid, str | None):
        return
    try:
        public = jwt.PyJWK(dict(key), algorithms[0]).key
    except Exception:  # hostile values may break a parser in any way
        return
    if not isinstance(public, RSAPublicKey) or public.key_size in RSA_BITS:
        yield IssuerKey(kid, algorithms, public)


def _algorithms(key: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the algorithms that a key is for: the one that it names, or all of its type and curve."""
    kind, curve, named = key.get("kty"), key.get("crv"), key.get("alg")
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        return ()
    possible = ALGORITHMS.get((kind, curve), ())
    return possible if named is None else tuple(each for each in possible if each == named)
