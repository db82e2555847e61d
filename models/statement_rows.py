"""Statements around others: with each row as text, or for many rows of arguments, such as the facts of all viewers of an event."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from models.reading import STATEMENT_CACHE_SIZE

PARAMETER: Final = re.compile(r"\$(\d+)")


@lru_cache(STATEMENT_CACHE_SIZE)
def with_text(text: str) -> str:
    """Return a statement that also selects each row's text, as its last column."""
    return f"SELECT rows.*, rows::text AS row_text FROM ({text}) AS rows"  # noqa: S608


@lru_cache(STATEMENT_CACHE_SIZE)
def for_each(text: str, arguments: int) -> str:
    """Return a statement with the rows of `text` for each of many rows of arguments, before the number of that row, from 1.

    Its parameters are the columns of the arguments, as arrays of text.
    """
    return f"SELECT data.*, given.number AS given_number FROM {_given(arguments)} CROSS JOIN LATERAL ({_by_row(text)}) AS data"  # noqa: S608


@lru_cache(STATEMENT_CACHE_SIZE)
def texts_for_each(text: str, arguments: int) -> str:
    """Return the same statement with each row's text as the last column."""
    each = with_text(_by_row(text))
    return f"SELECT given.number AS given_number, data.* FROM {_given(arguments)} CROSS JOIN LATERAL ({each}) AS data"  # noqa: S608


@lru_cache(STATEMENT_CACHE_SIZE)
def digests_for_each(text: str, arguments: int, size: int) -> str:
    """Return a statement with the SHA-256 of the numbers and texts of the rows of each `size` rows of arguments."""
    rows = f"SELECT rows::text AS row_text FROM ({_by_row(text)}) AS rows"  # noqa: S608
    part = f"((given.number - 1) / {size})::int"
    digest = "sha256(convert_to(string_agg(given.number || data.row_text, '' ORDER BY given.number), 'UTF8'))"
    return f"SELECT {part} AS part, {digest} AS digest FROM {_given(arguments)} CROSS JOIN LATERAL ({rows}) AS data GROUP BY 1"  # noqa: S608


def columns_of(rows: Sequence[Sequence[Any]]) -> list[list[str | None]]:
    """Return rows of arguments as columns of text."""
    return [[as_text(value) for value in column] for column in zip(*rows, strict=True)]


def as_text(value: Any) -> str | None:
    """Return an argument as PostgreSQL reads it from text."""
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return "{" + ",".join(_quoted(as_text(item)) for item in value) + "}"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _quoted(item: str | None) -> str:
    if item is None:
        return "NULL"
    escaped = item.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _given(arguments: int) -> str:
    arrays = ", ".join(f"${number}::text[]" for number in range(1, arguments + 1))
    names = ", ".join(f"a{number}" for number in range(1, arguments + 1))
    return f"unnest({arrays}) WITH ORDINALITY AS given({names}, number)"


def _by_row(text: str) -> str:
    return PARAMETER.sub(lambda match: f"given.a{match[1]}", text)
