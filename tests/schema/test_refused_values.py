"""Values that cannot be read are refused with their place, briefly, and in no words of Python."""

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
    """The longest message of an answer that has errors."""
    return max((str(error["message"]) for error in answer.errors), key=len)


@pytest.mark.parametrize(
    "value", ['"tomorrow"', '"2026-13-01"', '""', "5", "true", "[1]", "{a: 1}", "1.5", "TODAY", f'"{LONG}"']
)
async def test_a_refused_date_has_its_place(ask_demo: Client, value: str) -> None:
    """Whatever a literal is, the error says where it stands and what is expected."""
    (error,) = (await ask_demo(OPERATOR, INVOICES % value)).errors

    assert [{"line": 1, "column": INVOICES.index("%s") + 1}] == error["locations"]
    assert error["message"].startswith('Date must be a day as "2026-11-28"; got ')
    assert "GRAPHQL_VALIDATION_FAILED" == error["extensions"]["code"]


@pytest.mark.parametrize("value", ['"much"', '"1,5"', '""', "true", "[1]", "{a: 1}", "MUCH", '"1.2.3"'])
async def test_a_refused_decimal_has_its_place(ask_demo: Client, value: str) -> None:
    """It is the same for an amount."""
    (error,) = (await ask_demo(OPERATOR, PORTS % value)).errors

    assert [{"line": 1, "column": PORTS.index("%s") + 1}] == error["locations"]
    assert error["message"].startswith('Decimal must be a number as "1250.00"; got ')
    assert "GRAPHQL_VALIDATION_FAILED" == error["extensions"]["code"]


@pytest.mark.parametrize("value", ['"1250.00"', "1250", "12.5", "1e3", '"-1"', LONG, f'"{LONG}"'])
async def test_a_decimal_is_taken_as_text_and_as_number(ask_demo: Client, value: str) -> None:
    """However long a number is, it is one."""
    assert [] == (await ask_demo(OPERATOR, PORTS % value)).errors


@pytest.mark.parametrize(
    ("type_", "value"), [("Date", "tomorrow"), ("Date", 5), ("Date", [1]), ("Decimal", "x"), ("Decimal", True), ("Decimal", {})]
)
async def test_a_refused_variable_says_what_is_expected(ask_demo: Client, type_: str, value: Any) -> None:
    """The place is that of the variable."""
    document = (INVOICES if type_ == "Date" else PORTS) % "$value"

    (error,) = (await ask_demo(OPERATOR, f"query ($value: {type_}) {document}", value=value)).errors

    assert [{"line": 1, "column": 8}] == error["locations"]
    assert f"{type_} must be a " in error["message"]


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("viewer", [OPERATOR, ANONYMOUS])
async def test_messages_are_brief_and_none_of_Python(ask_demo: Client, document: str, viewer: str | None) -> None:
    """A long value comes back in part, whatever is wrong with it, and no exception of Python's is quoted."""
    answer = await ask_demo(viewer, document % LONG)

    message = message_of(answer)
    assert len(message) < 500
    assert "9" * 201 not in message
    assert [] == [word for word in PYTHON if word in message]


@pytest.mark.parametrize("value", [LONG, [LONG] * 50, {"a": LONG}, {LONG: 1}, ["a b"] * 5_000, "a b " * 5_000])
async def test_messages_about_variables_are_brief(ask_demo: Client, value: Any) -> None:
    """It is the same for what is sent beside the document."""
    answer = await ask_demo(
        ANONYMOUS, "query ($n: Int, $f: PortFilter) { ports(first: $n, filter: $f) { totalCount } }", n=value, f=value
    )

    assert len(message_of(answer)) < 500
