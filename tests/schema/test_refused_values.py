"""Invalid values: errors have a location, are short, and never quote Python."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.client import ANONYMOUS, OPERATOR, Client

INVOICES: Final = "{ viewer { company { invoices(filter: {periodFrom: %s}) { totalCount } } } }"
PORTS: Final = '{ ports(filter: {monthlyRate: {currency: "EUR", atLeast: %s}}) { totalCount } }'
LONG: Final = "9" * 5_000
PYTHON: Final = ("isoformat", "decimal.", "Exceeds the limit", "sys.", "Traceback", "object at", "<class", "encountered error")
DOCUMENTS: Final = [
    "{ ports(first: %s) { totalCount } }",
    '{ ports(first: "%s") { totalCount } }',
    "{ ports(first: [%s]) { totalCount } }",
    "{ ports(first: {a: %s}) { totalCount } }",
    "{ ports(filter: {status: x%s}) { totalCount } }",
    "{ ports(filter: {status: [1, 2, %s]}) { totalCount } }",
    "{ ports(filter: {x%s: 1}) { totalCount } }",
    "{ x%s }",
    "{ ports(x%s: 1) { totalCount } }",
    "{ ports { totalCount ...x%s } }",
    "query ($n: X%s) { ports(first: $n) { totalCount } }",
    "{ ports(first: $x%s) { totalCount } }",
    '{ node(id: "%s") { id } }',
    '{ ports(after: "%s") { totalCount } }',
    INVOICES % '"%s"',
    INVOICES % "%s",
    PORTS % '"x%s"',
    PORTS % "[%s]",
    PORTS % "{x: %s}",
    "{ ports(first: %s",
    '{ "%s" }',
]


def message_of(answer: Any) -> str:
    """Return the longest error message of a response."""
    return max((str(error["message"]) for error in answer.errors), key=len)


@pytest.mark.parametrize(
    "value", ['"tomorrow"', '"2026-13-01"', '""', "5", "true", "[1]", "{a: 1}", "1.5", "TODAY", f'"{LONG}"']
)
async def test_invalid_date_has_a_location(demo_client: Client, value: str) -> None:
    """The error for any literal says where it is and what is expected."""
    (error,) = (await demo_client(OPERATOR, INVOICES % value)).errors

    assert [{"line": 1, "column": INVOICES.index("%s") + 1}] == error["locations"]
    assert error["message"].startswith('Date must be a date such as "2026-11-28"; got ')
    assert "GRAPHQL_VALIDATION_FAILED" == error["extensions"]["code"]


@pytest.mark.parametrize("value", ['"much"', '"1,5"', '""', "true", "[1]", "{a: 1}", "MUCH", '"1.2.3"'])
async def test_invalid_decimal_has_a_location(demo_client: Client, value: str) -> None:
    """The same holds for an amount."""
    (error,) = (await demo_client(OPERATOR, PORTS % value)).errors

    assert [{"line": 1, "column": PORTS.index("%s") + 1}] == error["locations"]
    assert error["message"].startswith('Decimal must be a number such as "1250.00"; got ')
    assert "GRAPHQL_VALIDATION_FAILED" == error["extensions"]["code"]


@pytest.mark.parametrize("value", ['"1250.00"', "1250", "12.5", "1e3", '"-1"', LONG, f'"{LONG}"'])
async def test_decimal_can_be_a_string_or_a_number(demo_client: Client, value: str) -> None:
    """A number of any length is accepted."""
    assert [] == (await demo_client(OPERATOR, PORTS % value)).errors


@pytest.mark.parametrize(
    ("type_", "value"), [("Date", "tomorrow"), ("Date", 5), ("Date", [1]), ("Decimal", "x"), ("Decimal", True), ("Decimal", {})]
)
async def test_invalid_variable_says_what_is_expected(demo_client: Client, type_: str, value: Any) -> None:
    """The location is that of the variable."""
    document = (INVOICES if type_ == "Date" else PORTS) % "$value"

    (error,) = (await demo_client(OPERATOR, f"query ($value: {type_}) {document}", value=value)).errors

    assert [{"line": 1, "column": 8}] == error["locations"]
    assert f"{type_} must be a " in error["message"]


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("viewer", [OPERATOR, ANONYMOUS])
async def test_messages_are_short_and_do_not_quote_python(demo_client: Client, document: str, viewer: str | None) -> None:
    """A long value is truncated in any error message, and no Python exception is quoted."""
    answer = await demo_client(viewer, document % LONG)

    message = message_of(answer)
    assert len(message) < 500
    assert "9" * 201 not in message
    assert [] == [word for word in PYTHON if word in message]


@pytest.mark.parametrize("value", [LONG, [LONG] * 50, {"a": LONG}, {LONG: 1}, ["a b"] * 5_000, "a b " * 5_000])
async def test_messages_about_variables_are_short(demo_client: Client, value: Any) -> None:
    """The same holds for variables."""
    answer = await demo_client(
        ANONYMOUS, "query ($n: Int, $f: PortFilter) { ports(first: $n, filter: $f) { totalCount } }", n=value, f=value
    )

    assert len(message_of(answer)) < 500
