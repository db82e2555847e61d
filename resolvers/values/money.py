"""Money: converts integers of minor units to exact amounts of major units (ISO 4217), and back."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

from resolvers.values.errors import PublicError
from resolvers.values.messages import Worded, worded

MAX_AMOUNT: Final = Decimal(20_000_000)  # in major units: more than any stored price
MAX_STORED: Final = Decimal(1_000_000_000)  # in major units: the highest amount that can be entered
EXPECTED: Final = "Enter an amount from 0 to {limit} {currency} with at most {decimals} decimals."
EXPECTED_WHOLE: Final = "Enter an amount from 0 to {limit} {currency} with no decimals."
CACHE_SIZE: Final = 4096  # amounts; the prices of one page are often few
NO_MINOR_UNIT: Final = frozenset({"JPY"})


class InvalidAmount(PublicError):
    """The value isn't an amount of money."""

    code = "INVALID_AMOUNT"


class Money(NamedTuple):
    """An amount in major units."""

    amount: str  # an exact decimal
    currency: str


@lru_cache(CACHE_SIZE)
def money(minor_units: int | None, currency: str) -> Money | None:
    """Return the amount of minor units, or None for None. `minor_units` is never negative."""
    if minor_units is None:
        return None
    digits = str(minor_units)
    if currency in NO_MINOR_UNIT:
        return Money(digits, currency)
    if len(digits) < 3:
        digits = digits.zfill(3)
    return Money(f"{digits[:-2]}.{digits[-2:]}", currency)


def totals(rows: Iterable[Any], column: str) -> list[Money | None]:
    """Sum a column of minor units for each currency of the rows, sorted by currency. Hidden amounts don't count."""
    sums: dict[str, int] = {}
    for row in rows:
        if (amount := getattr(row, column)) is not None:
            sums[row.currency] = sums.get(row.currency, 0) + amount
    return [money(sums[currency], currency) for currency in sorted(sums)]


def minor_units(amount: Decimal, currency: str, rounding: str) -> int:
    """Convert an amount to whole minor units, within the range of a column. Raises InvalidAmount if it isn't finite."""
    if not amount.is_finite():
        raise InvalidAmount(f"{amount} is not a valid amount. Use a decimal, such as 1250.00.")
    return int(min(max(amount, -MAX_AMOUNT), MAX_AMOUNT).scaleb(_digits(currency)).to_integral_value(rounding))


def exact_minor_units(amount: Decimal, currency: str) -> int:
    """Convert an amount to minor units. Raises InvalidAmount if it's negative, too high or has more decimals than the currency."""
    if not amount.is_finite() or not 0 <= amount <= MAX_STORED:
        raise InvalidAmount(_expected(currency))
    _, digits, exponent = amount.as_tuple()
    excess = -int(exponent) - _digits(currency)
    if excess > 0 and any(digits[-excess:]):
        raise InvalidAmount(_expected(currency))
    return int(amount.scaleb(_digits(currency)))


def exceeds(minor_units: int, currency: str, bound: int) -> bool:
    """Return True if an amount is above a bound in major units."""
    return minor_units > int(Decimal(bound).scaleb(_digits(currency)))


def _expected(currency: str) -> Worded:
    decimals = _digits(currency)
    return worded(EXPECTED if decimals else EXPECTED_WHOLE, limit=f"{MAX_STORED:,}", currency=currency, decimals=decimals)


def _digits(currency: str) -> int:
    return 0 if currency in NO_MINOR_UNIT else 2
