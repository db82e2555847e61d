"""Compares responses of different servers: what clients rely on must be equal, and opaque values may differ.

IDs are compared by the key that they encode, and cursors only by presence. Money is compared as numbers and times as instants,
in any notation. The order of object keys doesn't matter.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final
from uuid import UUID

CURSORS: Final = frozenset({"cursor", "endCursor"})
SHOWN: Final = 3  # differences to report

KeyOf = Callable[[str], UUID]


class Differs(Exception):
    """Two servers gave different responses, so their costs can't be compared."""


def plain_key(text: str) -> UUID:
    """Return the key from an ID that is the key itself."""
    return UUID(text)


def gateway_key(text: str) -> UUID:
    """Return the key from a gateway ID, whose first two bytes are its type."""
    return UUID(bytes=urlsafe_b64decode(text)[2:])


def normalised(value: Any, key_of: KeyOf, name: str = "") -> Any:
    """Normalise a response, or one of its values, for comparison."""
    if isinstance(value, dict):
        return {key: normalised(item, key_of, key) for key, item in value.items()}
    if isinstance(value, list):
        return [normalised(item, key_of, name) for item in value]
    if value is None:
        return None
    if name == "id":
        return key_of(value)
    if name in CURSORS:
        return True
    if name == "amount":
        return Decimal(str(value))
    if name == "createdAt":
        return datetime.fromisoformat(value)
    return value


def data_of(content: bytes, key_of: KeyOf) -> Any:
    """Return a response's normalised data. Raises Differs if it has errors or no data."""
    answer = json.loads(content)
    if answer.get("errors") or answer.get("data") is None:
        raise Differs(f"no data but {json.dumps(answer)[:500]}")
    return normalised(answer["data"], key_of)


def compare(one: Any, other: Any) -> None:
    """Compare two normalised responses. Raises Differs."""
    if one != other:
        raise Differs("; ".join(islice(_differences(one, other, "data"), SHOWN)))


def _differences(one: Any, other: Any, path: str) -> Any:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from _differences(one[key], other[key], f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from _differences(*pair, f"{path}.{number}")
    elif one != other:
        yield f"{path}: {_short(one)} is not {_short(other)}"


def _short(value: Any) -> str:
    kind = f"{len(value)} items " if isinstance(value, list) else ""
    return f"{kind}{str(value)[:80]}"
