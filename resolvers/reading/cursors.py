"""Cursors: the position where a page ended, in the order of its connection. Opaque to clients, and authenticated.

A cursor contains the keyset of one row, which its holder has already read. It is bound to its connection and order, so that
nobody can forge one to probe values or use it in another list.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from binascii import b2a_base64
from collections.abc import Sequence
from typing import Any, Final, TypeAlias
from uuid import UUID

import orjson

from resolvers.values.errors import PublicError
from resolvers.values.identifiers import URL_SAFE

MAC_BYTES: Final = 14  # a forgery succeeds once in 2^112; with a key it is 30 bytes, which base64 encodes without padding
KEY_BYTES: Final = 16  # a row's key is a UUID
Keyset: TypeAlias = tuple[Sequence[Any], UUID]
"""A row's values in the columns of an order, and its key."""


class InvalidCursor(PublicError):
    """The cursor isn't from this connection and order."""

    code = "INVALID_CURSOR"

    def __init__(self, argument: str) -> None:
        super().__init__(f"Argument '{argument}' is not a valid cursor for this connection and order.", argument=argument)


class Cursors:
    """Seals cursors with the first of the secrets that all gateway processes share, and opens those of any of them."""

    def __init__(self, *secrets: bytes) -> None:
        self._secrets: tuple[bytes, ...] = ()
        self.use(*secrets)

    def use(self, *secrets: bytes) -> None:
        """Replace the secrets."""
        self._secrets = tuple(
            hashlib.blake2b(secret, digest_size=32, person=b"crossgate cursor").digest() for secret in secrets
        )

    def seal(self, scope: str, keysets: Sequence[Keyset]) -> list[str]:
        """Return the cursors of rows with these keysets. `scope` identifies the connection and the order."""
        new_hash, sealed = _keyed_hash(scope, self._secrets[0]).copy, []
        for values, key in keysets:
            body = key.bytes + orjson.dumps(values) if values else key.bytes
            seal = new_hash()
            seal.update(body)
            sealed.append(seal.digest() + body)
        return _encode(sealed)

    def open(self, scope: str, cursor: str, argument: str) -> list[Any]:
        """Return the keyset in a cursor; its last value is the row's key. Raises InvalidCursor."""
        try:
            raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except (ValueError, Base64Error):
            raise InvalidCursor(argument) from None
        seal, body = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if not any(hmac.compare_digest(seal, _mac(scope, secret, body)) for secret in self._secrets):
            raise InvalidCursor(argument)
        key, values = body[:KEY_BYTES], body[KEY_BYTES:]
        return [*(orjson.loads(values) if values else ()), UUID(bytes=key)]


def _keyed_hash(scope: str, secret: bytes) -> hashlib.blake2b:
    return hashlib.blake2b(scope.encode() + b"\0", digest_size=MAC_BYTES, key=secret)


def _mac(scope: str, secret: bytes, body: bytes) -> bytes:
    digest = _keyed_hash(scope, secret)
    digest.update(body)
    return digest.digest()


def _encode(sealed: list[bytes]) -> list[str]:
    """Encode each in URL-safe base64. Sealed keysets of the common length are encoded together, which is faster."""
    if {len(cursor) for cursor in sealed} == {MAC_BYTES + KEY_BYTES}:
        text, length = _base64url(b"".join(sealed)), (MAC_BYTES + KEY_BYTES) * 4 // 3
        return [text[start : start + length] for start in range(0, len(text), length)]
    return [_base64url(cursor) for cursor in sealed]


def _base64url(sealed: bytes) -> str:
    return b2a_base64(sealed, newline=False).translate(URL_SAFE, b"=").decode()
