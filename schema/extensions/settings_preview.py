"""Previews in an operation: each runs as a separate operation for another viewer, and its result is put in its place.

Documents without previews skip all of this. Either executor can run the parts, since each part is an ordinary query.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from graphql import FieldNode, GraphQLError, located_error, parse
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.field import StrawberryField

from resolvers.execution.plans import PLANNED
from resolvers.reading.redactions import Entry
from resolvers.tools.settings_preview import MAX_PREVIEWS, TooManyPreviews, preview_context
from schema.building.fields import arguments_of
from schema.extensions.preview_splitting import FIELD, Split, split
from schema.extensions.viewer_introspection import IntrospectedSchema


class PreviewingSchema(IntrospectedSchema):
    """A schema whose operations can contain previews."""

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        """Return the runner of one operation's extensions, with one more if the operation may contain previews or is one."""
        added: SchemaExtension | None = None
        if getattr(execution_context.context, "is_preview", False):
            added = _Validated()
        elif FIELD in (execution_context.query or ""):
            added = _Previews()
        if added is not None:
            added.execution_context = execution_context
            extensions = [added, *extensions]
        return super().create_extensions_runner(execution_context, extensions)

    def arguments(self, preview: FieldNode, variables: VariableValues) -> dict[str, Any]:
        """Return a preview's arguments as its resolver takes them. Raises GraphQLError."""
        root = self._schema.query_type
        assert root is not None  # noqa: S101
        field = root.fields[FIELD]
        definition = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
        assert isinstance(definition, StrawberryField)  # noqa: S101
        return arguments_of(field, definition, preview, variables, self.schema_converter, nulls=True)


class _Validated(SchemaExtension):
    """Skips validation of a preview: it was validated as part of its operation."""

    def on_validate(self) -> Iterator[None]:
        self.execution_context.pre_execution_errors = []
        yield


class _Previews(SchemaExtension):
    """Takes the previews out of an operation, lets the rest run, and then runs each preview."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Run the operation without its previews, then the previews. Raises TooManyPreviews."""
        execution = self.execution_context
        assert execution.query is not None  # noqa: S101 (execution requires it)
        assert execution.graphql_document is not None  # noqa: S101
        parts = split(execution.query, execution.graphql_document, execution.operation_name)
        if parts is None:
            yield
            return
        if len(parts.previews) > MAX_PREVIEWS:
            raise TooManyPreviews(len(parts.previews))
        execution.query = parts.rest()
        execution.graphql_document = parse(execution.query)
        yield
        if execution.result is not None and execution.result.data is not None:
            await _PreviewMerge(execution, parts).run()


class _PreviewMerge:
    """Merges the results of previews into the result of the rest."""

    def __init__(self, execution: ExecutionContext, parts: Split) -> None:
        result: Any = execution.result
        schema: Any = execution.schema
        self._execution = execution
        self._parts = parts
        self._schema: PreviewingSchema = schema
        self._context: Any = execution.context
        self._result = result
        self._data: dict[str, Any] = result.data
        self._errors: list[GraphQLError] = list(result.errors or ())
        self._own: list[Entry] = self._context.redactions.entries(result.data)
        self._redactions = list(self._own)

    async def run(self) -> None:
        """Run the selected previews, and put their results in place, in response order."""
        values = get_variable_values(self._schema._schema, self._parts.operation.variable_definitions or (), self._variables)
        assert isinstance(values, VariableValues)  # noqa: S101 (otherwise the rest would have no data)
        for key in [key for key in self._data if key in self._parts.previews]:
            try:
                self._data[key] = await self._value(key, values)
            except Exception as error:  # reported at its path, like any field's error
                self._data[key] = None
                self._errors.append(located_error(error, [self._parts.previews[key]], [key]))
        positions = {key: position for position, key in enumerate(self._data)}
        self._context.redactions.settle(sorted(self._redactions, key=lambda entry: positions[str(entry[0][0])]), self._own)
        self._result.errors = self._errors or None

    @property
    def _variables(self) -> dict[str, Any]:
        return self._execution.variables or {}

    async def _value(self, key: str, values: VariableValues) -> dict[str, Any] | None:
        """Run a preview and return its data. Errors and redactions are added with the preview's key in front of their paths."""
        context = await preview_context(self._context, **self._schema.arguments(self._parts.previews[key], values))
        if context is None:
            return None
        result: ExecutionResult = await self._schema.execute(
            self._parts.preview(key),
            self._variables,
            context_value=context,
            operation_name=self._execution.operation_name,
        )
        if context.execution != PLANNED:
            self._context.execution = context.execution
        for error in result.errors or ():
            error.path = [key, *(error.path or ())]
            self._errors.append(error)
        self._redactions += [((key, *path), redacted) for path, redacted in context.redactions.entries(result.data)]
        return result.data
