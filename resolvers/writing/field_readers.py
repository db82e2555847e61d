"""Values that several commands read out of their inputs: what was given of a row's columns, addresses and countries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from models.country import COUNTRIES
from resolvers.values.text import INVISIBLE, SPACES
from resolvers.writing.input_reader import InputReader
from resolvers.writing.user_errors import ErrorCode

Read: TypeAlias = Callable[[InputReader, str], Any]
"""How a field of an input is read; what is wrong with it is noted."""

NFKC: Final[sa.ColumnElement[str]] = sa.literal_column("NFKC")  # a key word of SQL
MAX_LINE_LENGTH: Final = 200  # characters of a line of an address
MAX_CODE_LENGTH: Final = 32  # characters of a postal code


def given(fields: InputReader, readers: Mapping[str, Read]) -> dict[str, Any]:
    """The columns whose fields were given, be it as null. What was left out stays as it is."""
    return {name: read(fields, name) for name, read in readers.items() if fields.has(name)}


def assign(row: Any, values: Mapping[str, Any]) -> None:
    """Let a row have these values."""
    for name, value in values.items():
        setattr(row, name, value)


def text(most: int, *, required: bool = True, lines: bool = False) -> Read:
    """A text of at most `most` characters: one line, or `lines`. None where it is optional and null or blank."""
    return lambda fields, name: fields.text(name, most, required=required, lines=lines)


def word(fields: InputReader, name: str) -> Any:
    """A word of an enum, which cannot be null."""
    if fields.value(name) is None:
        fields.add_error(ErrorCode.REQUIRED, "This cannot be null.", name)
    return fields.value(name)


def country(fields: InputReader, name: str, *, required: bool = False) -> str | None:
    """The code of a country."""
    code = fields.text(name, MAX_LINE_LENGTH, required=required)
    if code is None or code in COUNTRIES:
        return code
    fields.add_error(ErrorCode.INVALID_VALUE, "This is no country by its two letters of ISO 3166-1, such as DE.", name)
    return None


def reads_like(column: sa.SQLColumnExpression[str], name: str) -> sa.ColumnElement[bool]:
    """Whether a stored name looks the same as this one.

    It may be composed or not, in other forms of the same letters (NFKC), and with other white space and invisible characters.
    """
    return _as_read(column) == _as_read(sa.literal(name))


def _as_read(text: sa.SQLColumnExpression[str]) -> sa.ColumnElement[str]:
    seen = sa.func.regexp_replace(text, INVISIBLE, "", "g")  # first: a letter and its mark may compose then
    return sa.func.btrim(sa.func.regexp_replace(sa.func.normalize(seen, NFKC), SPACES.pattern, " ", "g"))


ADDRESS: Final[Mapping[str, Read]] = {
    "street": text(MAX_LINE_LENGTH, required=False),
    "city": text(MAX_LINE_LENGTH, required=False),
    "postal_code": text(MAX_CODE_LENGTH, required=False),
    "country": country,
}


def address(fields: InputReader, name: str) -> dict[str, str] | None:
    """A postal address as it is stored, None for an empty one."""
    inside = fields.nested(name)
    lines = {} if inside is None else given(inside, ADDRESS)
    return {line: value for line, value in lines.items() if value is not None} or None
