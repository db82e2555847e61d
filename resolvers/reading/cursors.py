"""Cursors: where a page ended, in the order of its connection. Opaque to clients, and authenticated.

A cursor holds the keyset of one row, which whoever got it has read. It is bound to its connection and order, so that it cannot be
made up to probe values nor be carried to another list.
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

SEAL: Final = 14  # bytes: a forgery succeeds once in 2^112; with a key they fill their letters
KEY: Final = 16  # bytes of a row's key
Keyset: TypeAlias = tuple[Sequence[Any], UUID]
"""The values of a row in the columns of an order, and its key."""


class InvalidCursor(PublicError):
    """The cursor is none of this connection and order."""

    code = "INVALID_CURSOR"

    def __init__(self, argument: str) -> None:
        super().__init__(f"Argument '{argument}' is not a cursor of this connection in this order.", argument=argument)


class Cursors:
    """Makes cursors with the first of the secrets that all gateway processes share, and reads those of any of them."""

    def __init__(self, *secrets: bytes) -> None:
        self._secrets: tuple[bytes, ...] = ()
        self.use(*secrets)

    def use(self, *secrets: bytes) -> None:
        """Take other secrets from now on."""
        self._secrets = tuple(
            hashlib.blake2b(secret, digest_size=32, person=b"crossgate cursor").digest() for secret in secrets
        )

    def seal(self, scope: str, keysets: Sequence[Keyset]) -> list[str]:
        """The cursors of the rows with these keysets in the connection and order that `scope` names."""
        copy, sealed = _begun(scope, self._secrets[0]).copy, []
        for values, key in keysets:
            body = key.bytes + orjson.dumps(values) if values else key.bytes
            seal = copy()
            seal.update(body)
            sealed.append(seal.digest() + body)
        return _written(sealed)

    def open(self, scope: str, cursor: str, argument: str) -> list[Any]:
        """The keyset in a cursor; its last value is the row's key. Raises InvalidCursor."""
        try:
            raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except (ValueError, Base64Error):
            raise InvalidCursor(argument) from None
        seal, body = raw[:SEAL], raw[SEAL:]
        if not any(hmac.compare_digest(seal, _sealed(scope, secret, body)) for secret in self._secrets):
            raise InvalidCursor(argument)
        key, values = body[:KEY], body[KEY:]
        return [*(orjson.loads(values) if values else ()), UUID(bytes=key)]


def _begun(scope: str, secret: bytes) -> hashlib.blake2b:
    return hashlib.blake2b(scope.encode() + b"\0", digest_size=SEAL, key=secret)


def _sealed(scope: str, secret: bytes, body: bytes) -> bytes:
    made = _begun(scope, secret)
    made.update(body)
    return made.digest()


def _written(sealed: list[bytes]) -> list[str]:
    """Each in the letters of URLs; all at once where they are of a length that fills its letters."""
    if {len(each) for each in sealed} == {SEAL + KEY}:
        text, length = _letters(b"".join(sealed)), (SEAL + KEY) * 4 // 3
        return [text[start : start + length] for start in range(0, len(text), length)]
    return [_letters(each) for each in sealed]


def _letters(sealed: bytes) -> str:
    return b2a_base64(sealed, newline=False).translate(URL_SAFE, b"=").decode()
