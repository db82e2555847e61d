"""Postal addresses: converts the stored JSON to the value that the schema shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address."""

    street: str | None
    city: str | None
    postal_code: str | None
    country: str | None


def address(stored: Mapping[str, Any] | None) -> Address | None:
    """Return the address that is stored as JSON, or None."""
    if stored is None:
        return None
    return Address(stored.get("street"), stored.get("city"), stored.get("postal_code"), stored.get("country"))
