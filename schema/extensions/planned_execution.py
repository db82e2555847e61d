"""The planner as an extension of the schema: it answers the operations that it has plans for, graphql-core answers the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLSchema,
    Undefined,
    VariableNode,
    get_nullable_type,
)
from graphql.execution.values import VariableValues
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.field import StrawberryField

from resolvers.auditing.audit_trail import AuditTrail
from resolvers.execution.plans import PLAN_CACHE_SIZE, Answer, Plans
from resolvers.execution.roots import merged
from resolvers.execution.variables import AS_GIVEN
from resolvers.reading.batching import BatchResolver
from resolvers.reading.redactions import Redactions
from resolvers.values.errors import PublicError
from schema.building.fields import FieldDefinition, arguments_of

Admit = Callable[[GraphQLSchema, DocumentNode, Mapping[str, Any], str], None]
"""Raises PublicError where a document that graphql-core has to run, with these variables and for this reason, is too much for it."""


class Planning:
    """The plans of one schema. `kept` bounds them, in characters of their documents.

    `admit` is asked before graphql-core runs root fields that have no plan, or that failed.
    """

    def __init__(self, kept: int = PLAN_CACHE_SIZE, admit: Admit | None = None) -> None:
        self._kept = kept
        self.admit = admit
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
        document: DocumentNode = asked.graphql_document
        answer = await plans.answer(asked.query, document, asked.operation_name, asked.variables or {}, asked.context)
        left = () if answer is None else self._left(answer)
        if answer is not None and not left:
            asked.result = ExecutionResult(data=answer.data, errors=answer.errors or None)
        if answer is None or not left:
            yield
            return
        part = _Part(asked, answer, left)
        yield
        part.join()

    def _left(self, answer: Answer) -> Collection[str]:
        """The keys that graphql-core answers: those whose errors it orders too, unless that takes too long. Raises PublicError."""
        left, unsure = tuple(answer.left), [key for key in answer.unsure if key not in answer.left]
        if unsure:
            try:
                self._admit(answer, [*left, *unsure])
            except PublicError:
                pass
            else:
                return (*left, *unsure)
        self._admit(answer, left)
        return left

    def _admit(self, answer: Answer, keys: Collection[str]) -> None:
        admit, asked = self._planning.admit, self.execution_context
        slow = [key for key in keys if key not in answer.roots.introspection()]
        if slow and admit is not None:
            why = next((answer.left[key] for key in slow if key in answer.left), "several errors")
            admit(asked.schema._schema, answer.roots.only(slow), asked.variables or {}, why)


class _Part:
    """The part of an operation that graphql-core answers, and how its answer joins the plan's."""

    def __init__(self, asked: ExecutionContext, answer: Answer, left: Collection[str]) -> None:
        context: Any = asked.context
        self._asked: Any = asked
        self._answer = answer
        self._document = asked.graphql_document
        self._data = {key: value for key, value in (answer.data or {}).items() if key not in left}
        self._errors = [error for error in answer.errors if (error.path or [""])[0] not in left]
        self._is_null = answer.data is None and bool(self._errors)
        self._entries = [entry for entry in context.redactions.entries(answer.data) if entry[0][0] not in left]
        self._acts = context.audit_trail
        context.audit_trail, context.redactions = AuditTrail(), Redactions()
        asked.graphql_document = answer.roots.only(left)

    def join(self) -> None:
        """Put both parts together."""
        result, context = self._asked.result, self._asked.context
        self._asked.graphql_document = self._document
        context.audit_trail.merge(self._acts)
        data = None if self._is_null else merged(self._answer.roots.fields, self._data, result.data)
        context.redactions.merge(self._entries, data)
        result.data = data
        result.errors = [*(result.errors or ()), *self._errors] or None


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
        if isinstance(definition, FieldDefinition):
            column, batch, ability = definition.column or name, definition.batch, definition.ability
            return _Described(name, column, batch, ability, definition, field, self.converter)
        return _Described(name, name, None, None, definition, field, self.converter)
