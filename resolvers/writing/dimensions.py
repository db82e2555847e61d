"""Reads the dimensions of products and offers: named units that can be priced (R234, R250, V7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from models.product import MAX_DIMENSIONS
from resolvers.writing.input_reader import InputReader
from resolvers.writing.row_lists import REPEATED
from resolvers.writing.user_errors import ErrorCode

MAX_NAME_LENGTH: Final = 64  # characters
MAX_UNIT_LENGTH: Final = 32
MAX_DESCRIPTION_LENGTH: Final = 500


def read_dimensions(
    fields: InputReader, read_more: Callable[[InputReader], dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """Read dimensions, whose names differ, each with the further columns that `read_more` reads."""
    names: set[str | None] = set()
    dimensions = []
    for item in fields.nested_list("dimensions", MAX_DIMENSIONS):
        dimension = {
            "name": item.text("name", MAX_NAME_LENGTH),
            "description": item.text("description", MAX_DESCRIPTION_LENGTH, required=False, lines=True),
            "unit": item.text("unit", MAX_UNIT_LENGTH),
        }
        if dimension["name"] is not None and dimension["name"] in names:
            item.add_error(ErrorCode.DUPLICATE, REPEATED, "name")
        names.add(dimension["name"])
        dimensions.append(dimension | (read_more(item) if read_more else {}))
    return dimensions
