"""Values: generated code that completes values of rows and objects as the GraphQL specification says, without loading anything."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLString,
    Undefined,
    is_leaf_type,
)

from resolvers.execution.codegen import CodeNamespace, NotPlannable, Unplanned

AS_STORED: Final = {
    GraphQLString.name: (sa.Text, sa.String),
    GraphQLInt.name: (sa.Integer,),
    GraphQLBoolean.name: (sa.Boolean,),
    "DateTime": (sa.DateTime,),  # orjson writes dates and times as these scalars do, in ISO 8601; all times are UTC
    "Date": (sa.Date,),
}
"""Scalars whose values are written as the database returns them, and the column types for which that is right."""

WRITER_CACHE_SIZE: Final = 256  # leaf types of all schemas of a process
Display = Callable[[str], str]
"""From the variable of an object to the code of its object in the response."""


def complete(names: CodeNamespace, code: str, kind: GraphQLOutputType, display: Display | None = None) -> str:
    """Return the code that completes the value of `code`. `display` is required if the type has objects."""
    required = isinstance(kind, GraphQLNonNull)
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    value = names.variable()
    if is_leaf_type(inner):
        return _leaf(names, value, code, inner, required=required)
    if isinstance(inner, GraphQLList):
        item = names.variable()
        body = f"[{complete(names, item, inner.of_type, display)} for {item} in items({value})]"
    else:
        assert display is not None  # noqa: S101 (callers that complete objects pass it)
        body = display(value)
    return f"(None if ({value} := {f'need({code})' if required else code}) is None else {body})"


def stored(names: CodeNamespace, code: str, kind: GraphQLOutputType, column: Any) -> str:
    """Return the code that completes a column's value. It does nothing if the column's type and constraints make that right."""
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if column is None or (isinstance(kind, GraphQLNonNull) and column.nullable):
        return complete(names, code, kind)
    return code if is_leaf_type(inner) and _is_written_as_stored(inner, column) else complete(names, code, kind)


def _leaf(names: CodeNamespace, value: str, code: str, kind: GraphQLLeafType, *, required: bool) -> str:
    """Write text as it is, and other values as their type says."""
    writer = names.bind(_writer(kind))
    if _writes_text(kind):
        written = f"{writer}({value})" if required else f"(None if {value} is None else {writer}({value}))"
        return f"({value} if ({value} := {code}).__class__ is str else {written})"
    return f"{writer}({code})" if required else f"(None if ({value} := {code}) is None else {writer}({value}))"


def _writes_text(kind: GraphQLLeafType) -> bool:
    return kind in (GraphQLString, GraphQLID) or kind.coerce_output_value is str


@lru_cache(WRITER_CACHE_SIZE)
def _writer(kind: GraphQLLeafType) -> Callable[[Any], Any]:
    coerce = kind.coerce_output_value

    def written(value: Any) -> Any:
        coerced = None if value is None else coerce(value)
        if coerced is None or coerced is Undefined:
            raise NotPlannable("a value that its type can't serialize", Unplanned.INVALID_VALUE)
        return coerced

    return written


def _is_written_as_stored(kind: GraphQLLeafType, column: Any) -> bool:
    if isinstance(kind, GraphQLEnumType):
        names = column.type.enums if isinstance(column.type, sa.Enum) else None
        return names is not None and all(name in kind.values and kind.values[name].value == name for name in names)
    return type(column.type) in AS_STORED.get(kind.name, ())
