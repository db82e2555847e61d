"""The planner as an extension of the schema: it answers the operations that it has plans for, graphql-core answers the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    GraphQLField,
    Undefined,
    VariableNode,
    get_nullable_type,
)
from graphql.execution.values import VariableValues
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import ExecutionResult
from strawberry.types.field import StrawberryField

from resolvers.batch import BatchResolver
from resolvers.execution.plans import KEPT, Plans
from resolvers.execution.variables import AS_GIVEN
from schema.fields import Field, arguments_of


class Planning:
    """The plans of one schema. `kept` bounds them, in characters of their documents."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._plans: Plans | None = None

    def extension(self) -> SchemaExtension:
        """For the schema's extensions: runs an operation by its plan, if it has one."""
        return _Planned(self)

    def of(self, schema: strawberry.Schema) -> Plans:
        """The plans, which know their schema only once it is asked for the first time."""
        if self._plans is None:
            self._plans = Plans(schema._schema, _Describe(schema.schema_converter), self._kept)
        return self._plans


class _Planned(SchemaExtension):
    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    async def on_execute(self) -> AsyncIterator[None]:
        """Set the result, whereupon graphql-core has nothing left to do."""
        asked = self.execution_context
        assert asked.query is not None  # noqa: S101 (nothing is executed without)
        assert asked.graphql_document is not None  # noqa: S101
        plans = self._planning.of(asked.schema)
        data = await plans.answer(
            asked.query, asked.graphql_document, asked.operation_name, asked.variables or {}, asked.context
        )
        if data is not None:
            asked.result = ExecutionResult(data=data, errors=None)
        yield


@dataclass(frozen=True, slots=True)
class _Described:
    """What a field's declaration says of it."""

    name: str
    column: str
    batch: BatchResolver | None
    ability: str | None
    definition: StrawberryField
    field: GraphQLField
    converter: GraphQLCoreConverter

    def given(self, node: FieldNode) -> Sequence[tuple[str, str]] | None:
        """Each argument's name for resolvers and the variable that it is, if all arguments are variables taken as they are."""
        if any(argument.default_value is not Undefined for argument in self.field.args.values()):
            return None
        names = {
            self.converter.config.name_converter.from_argument(each): each.python_name for each in self.definition.arguments
        }
        given = []
        for argument in node.arguments or ():
            kind = get_nullable_type(self.field.args[argument.name.value].type)
            if not isinstance(argument.value, VariableNode) or str(kind) not in AS_GIVEN:
                return None
            given.append((names[argument.name.value], argument.value.name.value))
        return given

    def arguments(self, node: FieldNode, variables: VariableValues) -> dict[str, Any]:
        """The arguments as the batch resolver takes them. Raises GraphQLError."""
        return arguments_of(self.field, self.definition, node, variables, self.converter)


@dataclass(frozen=True, slots=True)
class _Describe:
    converter: GraphQLCoreConverter

    def __call__(self, field: GraphQLField) -> _Described | None:
        """The description of a field, None for one with a resolver of another kind than batch."""
        definition = (field.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(definition, StrawberryField) or definition.base_resolver or definition.extensions:
            return None
        name = definition.python_name
        if isinstance(definition, Field):
            column, batch, ability = definition.column or name, definition.batch, definition.ability
            return _Described(name, column, batch, ability, definition, field, self.converter)
        return _Described(name, name, None, None, definition, field, self.converter)
