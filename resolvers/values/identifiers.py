"""Global ids: opaque, stable, 24 characters. An id identifies an object to the gateway; clients can't interpret it."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import UUID

from models import CONCEPTS
from resolvers.values.errors import PublicError

TAGS: Final = {concept.name: concept.tag for concept in CONCEPTS if concept.tag is not None}
URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
BYTES: Final = 18  # two for the tag, sixteen for the key
CHARACTERS: Final = BYTES * 4 // 3
NO_KEY: Final = bytes(16)
LENGTH: Final = 24  # characters of a global id
CACHE_SIZE: Final = 10_000  # parsed ids
TYPES: Final = {tag: name for name, tag in TAGS.items()}


class InvalidId(PublicError):
    """The value isn't an id that the argument accepts. The error names the argument, but never a type."""

    code = "INVALID_ID"

    def __init__(self, argument: str) -> None:
        super().__init__(f"Argument '{argument}' is not a valid ID for this field.", argument=argument)


@dataclass(frozen=True, slots=True)
class Identifier:
    """An object's type and key."""

    type: str
    key: UUID

    def __str__(self) -> str:
        return global_id(TAGS[self.type], self.key)


def global_id(tag: bytes, key: UUID) -> str:
    """Return the global id of an object, from its type's tag and its key."""
    return b2a_base64(tag + key.bytes, newline=False).translate(URL_SAFE).decode()  # 18 bytes need no padding


def global_ids(tag: bytes, keys: Sequence[UUID | None]) -> list[str]:
    """Return the global ids of objects of one type, encoded together. That of a missing key means nothing."""
    raw = b"".join([tag + (NO_KEY if key is None else key.bytes) for key in keys])
    encoded = b2a_base64(raw, newline=False).translate(URL_SAFE).decode()
    return [encoded[start : start + CHARACTERS] for start in range(0, len(encoded), CHARACTERS)]


def parse(text: str, argument: str, type: str | None = None) -> Identifier:  # noqa: A002 (a GraphQL type is a type)
    """Parse a global id. Raises InvalidId if it's malformed, or not of `type` if that is set."""
    parsed = parse_or_none(text)
    if parsed is None or parsed.type != (type or parsed.type):
        raise InvalidId(argument)
    return parsed


def parse_or_none(text: str) -> Identifier | None:
    """Parse a global id. Returns None if it's malformed."""
    return _parse(text) if len(text) == LENGTH else None  # the cache holds short texts only


@lru_cache(CACHE_SIZE)
def _parse(text: str) -> Identifier | None:
    """Parse a text of the right length. Results are cached, because a request may pass the same id many times."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii"))
    except (ValueError, Base64Error):
        return None
    name = TYPES.get(raw[:2])
    if len(raw) != BYTES or name is None or str(parsed := Identifier(name, UUID(bytes=raw[2:]))) != text:
        return None
    return parsed
