"""Enums whose values are described: the descriptions are part of the API's schema."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class DescribedEnum(StrEnum):
    """An enum of texts. Each member is declared as its value and the description that clients read."""

    description: str

    def __new__(cls, value: str, description: str = "") -> Self:
        """Create a member that equals its value and carries a description. A lookup by value passes no description."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member
