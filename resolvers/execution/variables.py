"""Variables: what a request gives for those of its operation, read as the specification says, and no more often than needed.

Most variables are text, whole numbers and truth values of just the right type. They are taken as they are; graphql-core reads the
rest.
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

from resolvers.execution.codegen import NotPlannable

LARGEST: Final = 2**31  # beyond what GraphQL's Int holds
AS_GIVEN: Final[Mapping[str, Callable[[Any], bool]]] = {
    GraphQLString.name: lambda value: value.__class__ is str,
    GraphQLID.name: lambda value: value.__class__ is str,
    GraphQLInt.name: lambda value: value.__class__ is int and -LARGEST <= value < LARGEST,
    GraphQLBoolean.name: lambda value: value.__class__ is bool,
}
"""Scalars whose values are the same before and after they are read, if they are of the type that is named here."""


class Definitions:
    """The variables of an operation."""

    def __init__(self, schema: GraphQLSchema, nodes: Sequence[VariableDefinitionNode]) -> None:
        self.schema = schema
        self.nodes = nodes
        self.plain = [(node.variable.name.value, _is_optional(node), _as_given(node)) for node in nodes]

    def read(self, raw: Mapping[str, Any]) -> Variables:
        """What a request gives. Raises Unplanned for what graphql-core has to refuse."""
        coerced: dict[str, Any] = {}
        for name, optional, is_as_given in self.plain:
            value = raw.get(name)
            if value is None and optional:
                if name in raw:
                    coerced[name] = None
            elif is_as_given is None or not is_as_given(value):
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
        """As graphql-core reads them."""
        read = get_variable_values(self._definitions.schema, self._definitions.nodes, dict(self._raw))
        if isinstance(read, list):
            raise NotPlannable("variables of wrong types")
        return read


def _is_optional(node: VariableDefinitionNode) -> bool:
    """Whether a variable that is not given has no value either."""
    return node.default_value is None and not isinstance(node.type, NonNullTypeNode)


def _as_given(node: VariableDefinitionNode) -> Callable[[Any], bool] | None:
    """What tells whether a value can be taken as it is, None where graphql-core has to read it."""
    kind = node.type.type if isinstance(node.type, NonNullTypeNode) else node.type
    return AS_GIVEN.get(kind.name.value) if isinstance(kind, NamedTypeNode) else None
