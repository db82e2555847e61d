"""Cursors: where a page ended, in the order of its connection. Opaque to clients, and authenticated.

A cursor holds the keyset of one row, which whoever got it has read. It is bound to its connection and order, so that it cannot be
made up to probe values nor be carried to another list.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import orjson

from resolvers.errors import PublicError

SEAL: Final = 12  # bytes: a forgery succeeds once in 2^96


class InvalidCursor(PublicError):
    """The cursor is none of this connection and order."""

    code = "INVALID_CURSOR"

    def __init__(self, argument: str) -> None:
        super().__init__(f"Argument '{argument}' is not a cursor of this connection in this order.", argument=argument)


class Cursors:
    """Makes and reads cursors with a secret that all gateway processes share."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hashlib.blake2b(secret, digest_size=32, person=b"crossgate cursor").digest()

    def seal(self, scope: str, keyset: Sequence[Any]) -> str:
        """The cursor of the row with this keyset in the connection and order that `scope` names."""
        body = orjson.dumps(list(keyset))
        return urlsafe_b64encode(self._mac(scope, body) + body).decode().rstrip("=")

    def open(self, scope: str, cursor: str, argument: str) -> list[Any]:
        """The keyset in a cursor; its last value is the row's key. Raises InvalidCursor."""
        try:
            raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except (ValueError, Base64Error):
            raise InvalidCursor(argument) from None
        seal, body = raw[:SEAL], raw[SEAL:]
        if not hmac.compare_digest(seal, self._mac(scope, body)):
            raise InvalidCursor(argument)
        *values, key = orjson.loads(body)
        return [*values, UUID(key)]

    def _mac(self, scope: str, body: bytes) -> bytes:
        return hashlib.blake2b(scope.encode() + b"\0" + body, digest_size=SEAL, key=self._secret).digest()
