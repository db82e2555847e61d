"""Declarations of input fields, with a description and whether the field is required."""

from __future__ import annotations

from typing import Any

import strawberry


def optional(description: str) -> Any:
    """Declare an input field that can be omitted."""
    return strawberry.field(default=strawberry.UNSET, description=description)


def required(description: str) -> Any:
    """Declare an input field that must be present."""
    return strawberry.field(description=description)
