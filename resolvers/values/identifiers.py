"""Global ids: opaque, stable, 24 characters. An id says which thing is meant to the gateway, and nothing to a client."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from binascii import b2a_base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from resolvers.values.errors import PublicError

# Two bytes each, never reused: ids are kept by clients for years.
TAGS: Final = {
    "Company": b"co",
    "User": b"us",
    "Membership": b"me",
    "ManagedAccount": b"ma",
    "BillingMarket": b"bm",
    "Image": b"im",
    "Location": b"lo",
    "MarketplaceProfile": b"mp",
    "OrderApproval": b"oa",
    "Port": b"po",
    "MarketplacePort": b"tp",
    "ConnectionRequest": b"cr",
    "Inquiry": b"iq",
    "AuditEvent": b"ae",
    "Notification": b"no",
    "Product": b"pr",
    "Offer": b"of",
    "Invoice": b"in",
}
URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
BYTES: Final = 18  # two of the tag, sixteen of the key
LENGTH: Final = 24  # characters of a global id
REMEMBERED: Final = 10_000
TYPES: Final = {tag: name for name, tag in TAGS.items()}


class InvalidId(PublicError):
    """What was given is no id of a thing that the argument may name. Says which argument, never which types there are."""

    code = "INVALID_ID"

    def __init__(self, argument: str) -> None:
        super().__init__(f"Argument '{argument}' is not an id that can be used here.", argument=argument)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A thing: its type's name and its key."""

    type: str
    key: UUID

    def __str__(self) -> str:
        return global_id(TAGS[self.type], self.key)


def global_id_code(bind: Callable[[Any], str], entity: str, key: str) -> str:
    """The same as code, for whoever generates more around it; `bind` names an object, `key` is the code of the key."""
    written = f"{bind(b2a_base64)}({TAGS[entity]!r} + {key}.bytes, newline=False)"
    return f"{written}.translate({bind(URL_SAFE)}).decode()"


def global_id(tag: bytes, key: UUID) -> str:
    """The global id of a thing: its type's tag and its key."""
    return b2a_base64(tag + key.bytes, newline=False).translate(URL_SAFE).decode()  # 18 bytes need no padding


def parse(text: str, argument: str, type: str | None = None) -> Identifier:  # noqa: A002 (a GraphQL type is a type)
    """The thing that a global id names. Raises InvalidId if it names none, or none of `type` where one is asked for."""
    found = find(text) if len(text) == LENGTH else None
    if found is None or found.type != (type or found.type):
        raise InvalidId(argument)
    return found


@lru_cache(REMEMBERED)
def find(text: str) -> Identifier | None:
    """The thing that a global id names, or None. Results are cached: one request may give the same id many times."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii"))
    except (ValueError, Base64Error):
        return None
    name = TYPES.get(raw[:2])
    if len(raw) != BYTES or name is None or str(found := Identifier(name, UUID(bytes=raw[2:]))) != text:
        return None
    return found
