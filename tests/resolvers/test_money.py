"""Money: exact amounts in major units, with as many digits as the currency has."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.offer import CURRENCIES
from resolvers.values.money import MAX_AMOUNT, MAX_STORED, InvalidAmount, Money, exact_minor_units, minor_units, money
from tests.client import OPERATOR, Client

INTEGER: Final = 2**31 - 1  # the largest value of a price's column
PRICES: Final = """
query ($range: MoneyRange) {
  ports(first: 1000, filter: {monthlyRate: $range}) { totalCount nodes { id monthlyRate { amount currency } } }
}
"""


@pytest.mark.parametrize(
    ("stored", "currency", "amount"),
    [
        (125_000, "EUR", "1250.00"),
        (5, "USD", "0.05"),
        (0, "GBP", "0.00"),
        (1250, "JPY", "1250"),
        (0, "JPY", "0"),
        (INTEGER, "EUR", "21474836.47"),
        (2**63 - 1, "AUD", "92233720368547758.07"),
        (2**63 - 1, "JPY", "9223372036854775807"),
    ],
)
def test_amount_has_the_digits_of_its_currency(stored: int, currency: str, amount: str) -> None:
    """Minor units become major units without a float; yen have no minor unit."""
    assert Money(amount, currency) == money(stored, currency)


def test_null_is_not_an_amount() -> None:
    """A NULL has no amount, rather than an amount of zero."""
    assert money(None, "EUR") is None


@given(stored=st.integers(0, 20_000_000), currency=st.sampled_from(CURRENCIES))
def test_amount_converts_back_exactly(stored: int, currency: str) -> None:
    """An amount as it was shown, used as a lower or an upper bound, is exactly what is stored."""
    shown = money(stored, currency)

    assert shown is not None
    assert [stored, stored] == [
        minor_units(Decimal(shown.amount), currency, rounding) for rounding in (ROUND_CEILING, ROUND_FLOOR)
    ]


@given(amount=st.decimals(allow_nan=False, allow_infinity=False), currency=st.sampled_from(CURRENCIES))
def test_bounds_fit_a_column_and_never_widen(amount: Decimal, currency: str) -> None:
    """A bound of any size becomes an integer that fits the column; a lower one is rounded up, an upper one down."""
    low, high = minor_units(amount, currency, ROUND_CEILING), minor_units(amount, currency, ROUND_FLOOR)

    assert -INTEGER <= high <= low <= INTEGER
    if abs(amount) <= MAX_AMOUNT:
        scaled = amount * (1 if currency == "JPY" else 100)
        assert high <= scaled <= low
        assert low - high <= 1


@pytest.mark.parametrize("amount", ["1e999999", "9" * 10_000, "20000000.01"])
def test_amount_beyond_all_prices_is_clamped(amount: str) -> None:
    """An exponent of a million costs nothing: an amount above all prices is as good as the maximum."""
    largest = int(MAX_AMOUNT) * 100

    assert (largest, -largest) == (
        minor_units(Decimal(amount), "EUR", ROUND_FLOOR),
        minor_units(Decimal(f"-{amount}"), "EUR", ROUND_CEILING),
    )


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_amount_that_is_not_finite_is_refused(amount: str) -> None:
    """Python's decimals that aren't numbers aren't amounts either."""
    with pytest.raises(InvalidAmount, match="is not a valid amount"):
        minor_units(Decimal(amount), "EUR", ROUND_FLOOR)


def within(ports: list[dict[str, Any]], currency: str, low: str, high: str) -> list[dict[str, Any]]:
    """Return the ports whose monthly rate is between two amounts, inclusive."""
    rates = [(port, port["monthlyRate"]) for port in ports]
    chosen = [(port, Decimal(rate["amount"])) for port, rate in rates if rate["currency"] == currency]
    return [port for port, amount in chosen if Decimal(low) <= amount <= Decimal(high)]


@pytest.mark.parametrize("currency", ["EUR", "JPY"])
async def test_range_includes_its_ends(demo_client: Client, currency: str) -> None:
    """A range of money finds the ports of its currency from its lower end to its upper end."""
    everything = await demo_client(OPERATOR, PRICES, range={"currency": currency})
    ports = everything.data["ports"]["nodes"]
    amounts = sorted({Decimal(port["monthlyRate"]["amount"]) for port in ports})
    low, high = str(amounts[1]), str(amounts[-2])

    found = await demo_client(OPERATOR, PRICES, range={"currency": currency, "atLeast": low, "atMost": high})

    expected = within(ports, currency, low, high)
    assert {"totalCount": len(expected), "nodes": expected} == found.data["ports"]
    assert 0 < len(expected) < len(ports)


async def test_amount_between_two_minor_units_is_rounded_inward(demo_client: Client) -> None:
    """A range from half a yen above a price excludes the price; one from half a yen below includes it."""
    everything = await demo_client(OPERATOR, PRICES, range={"currency": "JPY"})
    amount = Decimal(everything.data["ports"]["nodes"][0]["monthlyRate"]["amount"])
    half = Decimal("0.5")

    above = await demo_client(
        OPERATOR, PRICES, range={"currency": "JPY", "atLeast": str(amount + half), "atMost": str(amount + 1)}
    )
    around = await demo_client(
        OPERATOR, PRICES, range={"currency": "JPY", "atLeast": str(amount - half), "atMost": str(amount + half)}
    )

    rates = {str(port["monthlyRate"]["amount"]) for port in around.data["ports"]["nodes"]}
    assert {str(amount)} == rates
    assert str(amount) not in {port["monthlyRate"]["amount"] for port in above.data["ports"]["nodes"]}


@pytest.mark.parametrize("currency", ["XXX", "eur", "EURO", "EU", ""])
async def test_unused_currency_finds_no_port(demo_client: Client, currency: str) -> None:
    """A currency code that isn't stored matches no row, whatever its length. None is cut to fit."""
    answer = await demo_client(OPERATOR, PRICES, range={"currency": currency})

    assert {"ports": {"totalCount": 0, "nodes": []}} == answer.data


@given(st.sampled_from(CURRENCIES), st.integers(0, int(MAX_STORED) * 100))
def test_entered_amount_is_stored_and_shown_exactly(currency: str, stored: int) -> None:
    """What a seller enters is what a buyer reads, in every currency."""
    shown = money(min(stored, exact_minor_units(MAX_STORED, currency)), currency)
    assert shown is not None

    assert shown == money(exact_minor_units(Decimal(shown.amount), currency), currency)


@given(st.sampled_from(CURRENCIES), st.lists(st.integers(0, 10**9), min_size=1, max_size=60))
def test_sums_of_schedules_are_exact(currency: str, payments: list[int]) -> None:
    """The sum of the shown payments is the shown sum: no float is on the way."""
    shown = [money(payment, currency) for payment in payments]
    total = money(sum(payments), currency)
    assert total is not None

    assert Decimal(total.amount) == sum(Decimal(each.amount) for each in shown if each is not None)


@pytest.mark.parametrize(
    "text", ["-0.01", "1000000000.01", "0.001", "1E+400", "1E-400", "NaN", "Infinity", "-Infinity", "sNaN"]
)
def test_amount_that_cannot_be_stored_is_refused(text: str) -> None:
    """It's negative, too high, too exact, or no number."""
    with pytest.raises(InvalidAmount):
        exact_minor_units(Decimal(text), "EUR")


@pytest.mark.parametrize(("text", "stored"), [("1.500000", 150), ("1E+2", 10_000), ("-0", 0), ("0E-400", 0), ("0.010", 1)])
def test_equal_amounts_are_stored_alike(text: str, stored: int) -> None:
    """Zeros at the end and exponents don't matter."""
    assert stored == exact_minor_units(Decimal(text), "EUR")
