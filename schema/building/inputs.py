"""How fields of inputs are declared: each with its description, and whether it may be left out."""

from __future__ import annotations

from typing import Any

import strawberry


def optional(description: str) -> Any:
    """A field of an input that may be left out."""
    return strawberry.field(default=strawberry.UNSET, description=description)


def required(description: str) -> Any:
    """A field of an input that has to be there."""
    return strawberry.field(description=description)
