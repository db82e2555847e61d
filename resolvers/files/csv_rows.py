"""Rows of a CSV file (RFC 4180), in UTF-8."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any, Final

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def encode_rows(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as CSV with line breaks of CR and LF. None becomes an empty cell."""
    written = StringIO(newline="")
    csv.writer(written).writerows([[_cell(value) for value in row] for row in rows])
    return written.getvalue().encode()


def _cell(value: Any) -> str:
    """Return the text of a cell. If a spreadsheet would take it for a formula, it begins with an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text
