"""A page of an export as bytes: JSON Lines or CSV, compressed to a gzip member. Hidden values are null, and each row says why.

The same page always becomes the same bytes.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from models.export import ExportFormat
from resolvers.exporting.pages import Page, Path
from resolvers.files.csv_rows import encode_rows

HIDDEN: Final = "__hidden"  # the key or column with the reasons of a row's hidden values
LEVEL: Final = 6  # of compression
EXTENSIONS: Final[Mapping[ExportFormat, str]] = {ExportFormat.JSON_LINES: "jsonl.gz", ExportFormat.CSV: "csv.gz"}


def encode_page(page: Page, file_format: ExportFormat, *, is_first: bool) -> bytes:
    """Return a page as a gzip member. The first page of a CSV file begins with the header."""
    text = _csv(page, with_header=is_first) if file_format == ExportFormat.CSV else b"".join(_lines(page))
    return gzip.compress(text, LEVEL, mtime=0)


def _lines(page: Page) -> Iterator[bytes]:
    for row, hidden in zip(page.rows, page.hidden, strict=True):
        yield orjson.dumps({**row, HIDDEN: hidden} if hidden else row, option=orjson.OPT_APPEND_NEWLINE)


def _csv(page: Page, *, with_header: bool) -> bytes:
    rows: list[list[Any]] = [[*(".".join(path) for path in page.columns), HIDDEN]] if with_header else []
    for row, hidden in zip(page.rows, page.hidden, strict=True):
        reasons = "; ".join(f"{path}={reason}" for path, reason in hidden.items())
        rows.append([*(_cell(row, path) for path in page.columns), reasons])
    return encode_rows(rows)


def _cell(row: Any, path: Path) -> Any:
    """Return the value at a path, None if there's nothing. Lists and Booleans are written as in JSON."""
    for key in path:
        if row is None:
            return None
        row = row.get(key)
    return orjson.dumps(row).decode() if isinstance(row, bool | list | dict) else row
