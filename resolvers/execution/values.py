"""Values: generated code that completes what stands in a row or an object, as the specification says, without asking anybody."""

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

from resolvers.execution.codegen import CodeNamespace, NotPlannable

AS_STORED: Final = {
    GraphQLString.name: (sa.Text, sa.String),
    GraphQLInt.name: (sa.Integer,),
    GraphQLBoolean.name: (sa.Boolean,),
    "DateTime": (sa.DateTime,),  # orjson writes both as their types do, in ISO 8601; all times are UTC
    "Date": (sa.Date,),
}
"""Scalars that are written as the database gives them, and the types of columns for which that holds."""

KINDS: Final = 256  # leaf types of all schemas of a process
Display = Callable[[str], str]
"""The code of an object of the response, from the variable that holds what it is made of."""


def complete(names: CodeNamespace, code: str, kind: GraphQLOutputType, display: Display | None = None) -> str:
    """The code that completes the value of `code`; `display` is that of objects, where there are any."""
    required = isinstance(kind, GraphQLNonNull)
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    value = names.variable()
    if is_leaf_type(inner):
        return _leaf(names, value, code, inner, required=required)
    if isinstance(inner, GraphQLList):
        item = names.variable()
        body = f"[{complete(names, item, inner.of_type, display)} for {item} in items({value})]"
    else:
        assert display is not None  # noqa: S101 (whoever completes objects says how)
        body = display(value)
    return f"(None if ({value} := {f'need({code})' if required else code}) is None else {body})"


def stored(names: CodeNamespace, code: str, kind: GraphQLOutputType, column: Any) -> str:
    """The code that completes the value of a column, as it is where its type and constraints say that nothing is to be done."""
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if column is None or (isinstance(kind, GraphQLNonNull) and column.nullable):
        return complete(names, code, kind)
    return code if is_leaf_type(inner) and _is_written_as_stored(inner, column) else complete(names, code, kind)


def _leaf(names: CodeNamespace, value: str, code: str, kind: GraphQLLeafType, *, required: bool) -> str:
    """Text is written as it is; everything else as its type says."""
    writer = names.bind(_writer(kind))
    if _writes_text(kind):
        written = f"{writer}({value})" if required else f"(None if {value} is None else {writer}({value}))"
        return f"({value} if ({value} := {code}).__class__ is str else {written})"
    return f"{writer}({code})" if required else f"(None if ({value} := {code}) is None else {writer}({value}))"


def _writes_text(kind: GraphQLLeafType) -> bool:
    return kind in (GraphQLString, GraphQLID) or kind.coerce_output_value is str


@lru_cache(KINDS)
def _writer(kind: GraphQLLeafType) -> Callable[[Any], Any]:
    coerce = kind.coerce_output_value

    def written(value: Any) -> Any:
        coerced = None if value is None else coerce(value)
        if coerced is None or coerced is Undefined:
            raise NotPlannable("a value that its type does not write")
        return coerced

    return written


def _is_written_as_stored(kind: GraphQLLeafType, column: Any) -> bool:
    if isinstance(kind, GraphQLEnumType):
        words = column.type.enums if isinstance(column.type, sa.Enum) else None
        return words is not None and all(word in kind.values and kind.values[word].value == word for word in words)
    return type(column.type) in AS_STORED.get(kind.name, ())
