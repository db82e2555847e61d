"""The planner as a schema extension: operations with a plan run by it; graphql-core runs the others."""

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
    OperationDefinitionNode,
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
from resolvers.execution.plans import PLAN_CACHE_SIZE, Answer, PlanRunner
from resolvers.execution.roots import merged
from resolvers.execution.variables import AS_GIVEN
from resolvers.reading.batching import BatchResolver
from resolvers.reading.redactions import Redactions
from resolvers.values.errors import PublicError
from schema.building.fields import FieldDefinition, arguments_of

Admit = Callable[[GraphQLSchema, DocumentNode, Mapping[str, Any], str], None]
"""Raises PublicError if running a document on graphql-core costs too much. The last argument is why it has no plan."""


class Planning:
    """The plans of one schema. `kept` is the cache size, in characters of documents.

    `admit` is called before graphql-core runs root fields that have no plan or that failed. `is_trusted` says which documents other
    documents' plans can't push out.
    """

    def __init__(
        self,
        kept: int = PLAN_CACHE_SIZE,
        admit: Admit | None = None,
        is_trusted: Callable[[str], bool] = lambda _text: False,
    ) -> None:
        self._kept = kept
        self._is_trusted = is_trusted
        self.admit = admit
        self._plans: PlanRunner | None = None

    def extension(self) -> SchemaExtension:
        """Return an extension that runs an operation by its plan, if it has one."""
        return _Planned(self)

    async def plan_ahead(self, schema: strawberry.Schema, text: str, document: DocumentNode, context: Any) -> None:
        """Plan each operation of a document for viewers of the context's shape, before one of them sends it."""
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                name = definition.name.value if definition.name else None
                await self.of(schema).plan_ahead(text, document, name, context)

    def sizes(self) -> Mapping[bool, tuple[int, float]]:
        """Return the number of plans and of the characters they count, for trusted documents (True) and all others."""
        return {} if self._plans is None else self._plans.sizes()

    def of(self, schema: strawberry.Schema) -> PlanRunner:
        """Return the plans, built when first needed because the schema isn't complete before."""
        if self._plans is None:
            self._plans = PlanRunner(schema._schema, _Describe(schema.schema_converter), self._kept, self._is_trusted)
        return self._plans


class _Planned(SchemaExtension):
    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    async def on_execute(self) -> AsyncIterator[None]:
        """Set the result, so that graphql-core runs only root fields without a plan."""
        execution = self.execution_context
        assert execution.query is not None  # noqa: S101 (execution requires it)
        assert execution.graphql_document is not None  # noqa: S101
        plans = self._planning.of(execution.schema)
        document: DocumentNode = execution.graphql_document
        answer = await plans.answer(
            execution.query, document, execution.operation_name, execution.variables or {}, execution.context
        )
        unplanned = () if answer is None else self._unplanned(answer)
        if answer is not None and not unplanned:
            execution.result = ExecutionResult(data=answer.data, errors=answer.errors or None)
        if answer is None or not unplanned:
            yield
            return
        part = _Part(execution, answer, unplanned)
        yield
        part.join()

    def _unplanned(self, answer: Answer) -> Collection[str]:
        """Return the keys that graphql-core runs, with those whose errors it orders if affordable. Raises PublicError."""
        if not answer.unplanned and not answer.unordered:
            return ()
        unplanned, unordered = tuple(answer.unplanned), [key for key in answer.unordered if key not in answer.unplanned]
        if unordered:
            try:
                self._admit(answer, [*unplanned, *unordered])
            except PublicError:
                pass
            else:
                return (*unplanned, *unordered)
        self._admit(answer, unplanned)
        return unplanned

    def _admit(self, answer: Answer, keys: Collection[str]) -> None:
        admit, execution = self._planning.admit, self.execution_context
        slow = [key for key in keys if key not in answer.roots.introspection()]
        if slow and admit is not None:
            why = next((answer.unplanned[key].text for key in slow if key in answer.unplanned), "several errors")
            admit(execution.schema._schema, answer.roots.only(slow), execution.variables or {}, why)


class _Part:
    """The part of an operation that graphql-core runs. Merges its result with the plan's."""

    def __init__(self, execution: ExecutionContext, answer: Answer, unplanned: Collection[str]) -> None:
        context: Any = execution.context
        self._execution: Any = execution
        self._answer = answer
        self._document = execution.graphql_document
        self._data = {key: value for key, value in (answer.data or {}).items() if key not in unplanned}
        self._errors = [error for error in answer.errors if (error.path or [""])[0] not in unplanned]
        self._is_null = answer.data is None and bool(self._errors)
        self._entries = [entry for entry in context.redactions.entries(answer.data) if entry[0][0] not in unplanned]
        self._audit_trail = context.audit_trail
        context.audit_trail, context.redactions = AuditTrail(), Redactions()
        execution.graphql_document = answer.roots.only(unplanned)

    def join(self) -> None:
        """Merge both results."""
        result, context = self._execution.result, self._execution.context
        self._execution.graphql_document = self._document
        context.audit_trail.merge(self._audit_trail)
        data = None if self._is_null else merged(self._answer.roots.fields, self._data, result.data)
        context.redactions.merge(self._entries, data)
        result.data = data
        result.errors = [*(result.errors or ()), *self._errors] or None


@dataclass(frozen=True, slots=True)
class _Described:
    """A field's declaration, as the planner reads it."""

    name: str
    column: str
    batch: BatchResolver | None
    ability: str | None
    definition: StrawberryField
    field: GraphQLField
    converter: GraphQLCoreConverter

    def argument_variables(self, node: FieldNode) -> Sequence[tuple[str, str]] | None:
        """Return each argument's Python name with its variable, if every argument is a variable that needs no conversion."""
        if any(argument.default_value is not Undefined for argument in self.field.args.values()):
            return None
        names = {
            self.converter.config.name_converter.from_argument(each): each.python_name for each in self.definition.arguments
        }
        variables = []
        for argument in node.arguments or ():
            kind = get_nullable_type(self.field.args[argument.name.value].type)
            if not isinstance(argument.value, VariableNode) or str(kind) not in AS_GIVEN:
                return None
            variables.append((names[argument.name.value], argument.value.name.value))
        return variables

    def arguments(self, node: FieldNode, variables: VariableValues) -> dict[str, Any]:
        """Return the arguments as the batch resolver takes them. Raises GraphQLError."""
        return arguments_of(self.field, self.definition, node, variables, self.converter)


@dataclass(frozen=True, slots=True)
class _Describe:
    converter: GraphQLCoreConverter

    def __call__(self, field: GraphQLField) -> _Described | None:
        """Return the declaration of a field, or None if it has a resolver other than a batch resolver."""
        definition = (field.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(definition, StrawberryField) or definition.base_resolver or definition.extensions:
            return None
        name = definition.python_name
        if isinstance(definition, FieldDefinition):
            column, batch, ability = definition.column or name, definition.batch, definition.ability
            return _Described(name, column, batch, ability, definition, field, self.converter)
        return _Described(name, name, None, None, definition, field, self.converter)
