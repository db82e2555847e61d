"""Field readers that several mutations share: text, countries, addresses, and the columns whose fields are present in the input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from models.country import COUNTRIES
from resolvers.values.bank_accounts import compact, is_number_of
from resolvers.values.text import INVISIBLE, SPACES
from resolvers.writing.input_reader import InputReader
from resolvers.writing.user_errors import ErrorCode

FieldReader: TypeAlias = Callable[[InputReader, str], Any]
"""Reads a field of an input and adds an error if the value isn't valid."""

NFKC: Final[sa.ColumnElement[str]] = sa.literal_column("NFKC")  # a key word of SQL
MAX_LINE_LENGTH: Final = 200  # characters of a line of an address
MAX_ACCOUNT_LENGTH: Final = 64  # characters of a bank account number, with its spaces
INVALID_ACCOUNT: Final = (
    "Enter the number of a bank account in this country: its IBAN, or in a country without IBANs 6 to 34 letters and digits."
)
MAX_CODE_LENGTH: Final = 32  # characters of a postal code


def read_present(fields: InputReader, readers: Mapping[str, FieldReader]) -> dict[str, Any]:
    """Return the columns whose fields are present, even if null. Omitted fields don't change their columns."""
    return {name: read(fields, name) for name, read in readers.items() if fields.has(name)}


def assign(row: Any, values: Mapping[str, Any]) -> None:
    """Set attributes of a row."""
    for name, value in values.items():
        setattr(row, name, value)


def text(max_length: int, *, required: bool = True, lines: bool = False) -> FieldReader:
    """Return a reader of text: one line, or several with `lines`. An optional null or blank text is read as None."""
    return lambda fields, name: fields.text(name, max_length, required=required, lines=lines)


def required_value(fields: InputReader, name: str) -> Any:
    """Read a value that can't be null, such as an enum value."""
    if fields.value(name) is None:
        fields.add_error(ErrorCode.REQUIRED, "Can't be null.", name)
    return fields.value(name)


def country(fields: InputReader, name: str, *, required: bool = False) -> str | None:
    """Read an ISO 3166-1 alpha-2 country code."""
    code = fields.text(name, MAX_LINE_LENGTH, required=required)
    if code is None or code in COUNTRIES:
        return code
    fields.add_error(ErrorCode.INVALID_VALUE, "Enter a two-letter ISO 3166-1 country code, such as DE.", name)
    return None


def bank_account(fields: InputReader, name: str, country_code: str | None) -> str | None:
    """Read the number of a bank account in a country, without separators. The error never repeats the number."""
    text = fields.text(name, MAX_ACCOUNT_LENGTH)
    if text is None or country_code is None:
        return None
    number = compact(text)
    if not is_number_of(number, country_code):
        fields.add_error(ErrorCode.INVALID_VALUE, INVALID_ACCOUNT, name)
        return None
    return number


def looks_like(column: sa.SQLColumnExpression[str], name: str) -> sa.ColumnElement[bool]:
    """SQL: whether a stored name looks the same as this one. Ignores Unicode form (NFKC), white space and invisible characters."""
    return _normalized(column) == _normalized(sa.literal(name))


def _normalized(text: sa.SQLColumnExpression[str]) -> sa.ColumnElement[str]:
    visible = sa.func.regexp_replace(text, INVISIBLE, "", "g")  # first, because a letter and its mark may compose then
    return sa.func.btrim(sa.func.regexp_replace(sa.func.normalize(visible, NFKC), SPACES.pattern, " ", "g"))


ADDRESS_READERS: Final[Mapping[str, FieldReader]] = {
    "street": text(MAX_LINE_LENGTH, required=False),
    "city": text(MAX_LINE_LENGTH, required=False),
    "postal_code": text(MAX_CODE_LENGTH, required=False),
    "country": country,
}


def address(fields: InputReader, name: str) -> dict[str, str] | None:
    """Read a postal address as it is stored, or None if it's empty."""
    inside = fields.nested(name)
    lines = {} if inside is None else read_present(inside, ADDRESS_READERS)
    return {line: value for line, value in lines.items() if value is not None} or None
