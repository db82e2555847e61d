"""Readers of values in CSV files, where all values are text. An invalid value adds an error, with the codes of the API."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from resolvers.values.money import MAX_AMOUNT, Money, minor_units, money
from resolvers.values.text import brief
from resolvers.writing.input_reader import InputReader
from resolvers.writing.user_errors import ErrorCode

MAX_LENGTH: Final = 200  # characters of a code, a number or a list
NUMBER: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,12})?")
AMOUNT: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,9}")
NOT_ALLOWED: Final = "{} isn't allowed here. Use one of: {}."
NOT_A_NUMBER: Final = "Enter a number from -{0} to {0}, such as 50.11."
NOT_AN_AMOUNT: Final = "Enter an amount without a currency or thousands separators, such as 1250.00."
TOO_MUCH: Final = "Must be {:,} or less."
TOO_EXACT: Final = "{} doesn't have that many decimal places."
REPEATED: Final = "{} is listed twice."


def choice(fields: InputReader, name: str, allowed: Collection[str]) -> str | None:
    """Read a code that must be one of `allowed`."""
    text = fields.text(name, MAX_LENGTH)
    if text is None or text in allowed:
        return text
    _refuse(fields, name, text, allowed)
    return None


def whole_number(fields: InputReader, name: str, allowed: Collection[int]) -> int | None:
    """Read a whole number that must be one of `allowed`."""
    text = fields.text(name, MAX_LENGTH)
    return None if text is None else _allowed_number(fields, name, text, allowed)


def whole_numbers(fields: InputReader, name: str, allowed: Collection[int]) -> list[int]:
    """Read numbers with spaces between them, each of which must be one of `allowed`. Returns them in ascending order."""
    words = (fields.text(name, MAX_LENGTH) or "").split()
    numbers = [number for word in words if (number := _allowed_number(fields, name, word, allowed)) is not None]
    for number in sorted({number for number in numbers if numbers.count(number) > 1}):
        fields.add_error(ErrorCode.INVALID_VALUE, REPEATED.format(number), name)
    return sorted(numbers)


def degrees(fields: InputReader, name: str, limit: int) -> float | None:
    """Read a number between -limit and limit."""
    text = fields.text(name, MAX_LENGTH)
    if text is None:
        return None
    if not NUMBER.fullmatch(text) or abs(Decimal(text)) > limit:
        fields.add_error(ErrorCode.INVALID_VALUE, NOT_A_NUMBER.format(limit), name)
        return None
    return float(text) + 0.0  # -0 becomes 0


def amount(fields: InputReader, name: str, currency: str | None) -> int | None:
    """Read an amount in major units, and return it in minor units of the currency."""
    text = fields.text(name, MAX_LENGTH)
    if text is None:
        return None
    if not AMOUNT.fullmatch(text):
        fields.add_error(ErrorCode.INVALID_VALUE, NOT_AN_AMOUNT, name)
    elif Decimal(text) > MAX_AMOUNT:
        fields.add_error(ErrorCode.INVALID_VALUE, TOO_MUCH.format(MAX_AMOUNT), name)
    elif currency is not None:
        minor = minor_units(Decimal(text), currency, ROUND_DOWN)
        if _is_exact(money(minor, currency), text):
            return minor
        fields.add_error(ErrorCode.INVALID_VALUE, TOO_EXACT.format(currency), name)
    return None


def _is_exact(rounded: Money | None, text: str) -> bool:
    return rounded is not None and Decimal(rounded.amount) == Decimal(text)


def _allowed_number(fields: InputReader, name: str, text: str, allowed: Collection[int]) -> int | None:
    """Return a number that is allowed; otherwise add an error."""
    if WHOLE_NUMBER.fullmatch(text) and int(text) in allowed:
        return int(text)
    _refuse(fields, name, text, allowed)
    return None


def _refuse(fields: InputReader, name: str, text: str, allowed: Collection[Any]) -> None:
    fields.add_error(ErrorCode.INVALID_VALUE, NOT_ALLOWED.format(brief(text), ", ".join(map(str, allowed))), name)
