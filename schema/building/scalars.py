"""The custom scalars and their parsers.

The error for an invalid value states the expected format. For a literal in the document, it has the literal's location.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, DecimalException
from typing import Any, Final, NewType

import strawberry
from graphql import (
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    print_ast,
    value_from_ast_untyped,
)
from strawberry.types.scalar import ScalarDefinition

from resolvers.values.text import brief

URL = NewType("URL", str)
EmailAddress = NewType("EmailAddress", str)
JSONObject = NewType("JSONObject", dict[str, Any])

DATE: Final = 'Date must be a date such as "2026-11-28"'
OBJECT: Final = 'JSONObject must be an object such as {"first": 10}'
DECIMAL: Final = 'Decimal must be a number such as "1250.00"'


def _date(value: Any) -> date:
    """Parse a date. Raises GraphQLError."""
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _refused(DATE, value) from None


def _decimal(value: Any) -> Decimal:
    """Parse a decimal number. Raises GraphQLError."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _refused(DECIMAL, value)
    try:
        return Decimal(str(value))
    except DecimalException:
        raise _refused(DECIMAL, value) from None


def _object(value: Any) -> dict[str, Any]:
    """Return a JSON object unchanged. Raises GraphQLError for other values."""
    if not isinstance(value, dict):
        raise _refused(OBJECT, value)
    return value


def _object_literal(node: ValueNode, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Parse a JSON object from a literal. Raises GraphQLError."""
    if not isinstance(node, ObjectValueNode):
        raise GraphQLError(f"{OBJECT}; got {brief(print_ast(node))}.", node)
    value: dict[str, Any] = value_from_ast_untyped(node, dict(variables or {}))
    return value


def _refused(expected: str, value: Any) -> GraphQLError:
    return GraphQLError(f"{expected}; got {brief(repr(value) if isinstance(value, str) else str(value))}.")


def _literal(parse: Callable[[Any], Any], expected: str, *kinds: type[ValueNode]) -> Callable[..., Any]:
    """Return a parser for literals of some kinds. Its errors have the literal's location."""

    def read(node: ValueNode, _variables: Any = None) -> Any:
        if not isinstance(node, kinds):
            raise GraphQLError(f"{expected}; got {brief(print_ast(node))}.", node)
        try:
            return parse(node.value)  # type: ignore[attr-defined]
        except GraphQLError as error:
            raise GraphQLError(error.message, node) from None

    return read


SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    URL: strawberry.scalar(
        name="URL",
        description="An absolute URL.",
        specified_by_url="https://url.spec.whatwg.org/",
    ),
    EmailAddress: strawberry.scalar(
        name="EmailAddress",
        description="An email address.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc5322",
    ),
    JSONObject: strawberry.scalar(
        name="JSONObject",
        description="A JSON object.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        parse_value=_object,
        parse_literal=_object_literal,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar date in ISO 8601 format.",
        serialize=date.isoformat,
        parse_value=_date,
        parse_literal=_literal(_date, DATE, StringValueNode),
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="An exact decimal number, as a string. Inputs can also be numbers.",
        serialize=str,
        parse_value=_decimal,
        parse_literal=_literal(_decimal, DECIMAL, StringValueNode, IntValueNode, FloatValueNode),
    ),
}
