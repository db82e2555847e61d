"""Variables: the values that a request passes for the variables of its operation, coerced as the GraphQL specification says.

Most variables are strings, integers and booleans of the right type. These are taken as they are; graphql-core coerces the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    NamedTypeNode,
    NonNullTypeNode,
    VariableDefinitionNode,
)
from graphql.execution.values import VariableValues, get_variable_values

from resolvers.execution.codegen import NotPlannable, Unplanned

INT_LIMIT: Final = 2**31  # one more than the largest Int of GraphQL
AS_GIVEN: Final[Mapping[str, Callable[[Any], bool]]] = {
    GraphQLString.name: lambda value: value.__class__ is str,
    GraphQLID.name: lambda value: value.__class__ is str,
    GraphQLInt.name: lambda value: value.__class__ is int and -INT_LIMIT <= value < INT_LIMIT,
    GraphQLBoolean.name: lambda value: value.__class__ is bool,
}
"""Scalars that coercion doesn't change, and a check of whether a value has the right type."""


class Definitions:
    """The variables of an operation."""

    def __init__(self, schema: GraphQLSchema, nodes: Sequence[VariableDefinitionNode]) -> None:
        self.schema = schema
        self.nodes = nodes
        self.checks = [(node.variable.name.value, _is_optional(node), _type_check(node)) for node in nodes]

    def read(self, raw: Mapping[str, Any]) -> Variables:
        """Return the variables of a request. Raises NotPlannable for values that graphql-core has to refuse."""
        coerced: dict[str, Any] = {}
        for name, optional, has_right_type in self.checks:
            value = raw.get(name)
            if value is None and optional:
                if name in raw:
                    coerced[name] = None
            elif has_right_type is None or not has_right_type(value):
                return Variables(self, raw)
            else:
                coerced[name] = value
        return Variables(self, raw, coerced)


class Variables:
    """The variables of one request."""

    def __init__(self, definitions: Definitions, raw: Mapping[str, Any], coerced: Mapping[str, Any] | None = None) -> None:
        self._definitions = definitions
        self._raw = raw
        self.coerced = self.values.coerced if coerced is None else coerced

    @cached_property
    def values(self) -> VariableValues:
        """The variables as graphql-core coerces them."""
        read = get_variable_values(self._definitions.schema, self._definitions.nodes, dict(self._raw))
        if isinstance(read, list):
            raise NotPlannable("variables of wrong types", Unplanned.INVALID_VARIABLES)
        return read


def _is_optional(node: VariableDefinitionNode) -> bool:
    """Return whether a variable that isn't passed has no value either."""
    return node.default_value is None and not isinstance(node.type, NonNullTypeNode)


def _type_check(node: VariableDefinitionNode) -> Callable[[Any], bool] | None:
    """Return the check of whether a value can be taken as it is, or None if graphql-core has to coerce it."""
    kind = node.type.type if isinstance(node.type, NonNullTypeNode) else node.type
    return AS_GIVEN.get(kind.name.value) if isinstance(kind, NamedTypeNode) else None
