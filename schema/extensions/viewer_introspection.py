"""Answers introspection with the viewer's own schema; everything else in the same document runs on the full schema.

Introspection fields are taken out of their operation and run by graphql-core, one operation at a time in a separate thread, so
that they never block other requests. Results are cached, because tools repeat the same queries. Building a viewer's schema takes
about a second, so it happens in a thread too, and only when a viewer of that kind first needs it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from copy import copy
from functools import partial
from threading import Lock
from typing import Any, Final, Self
from weakref import WeakKeyDictionary

from cachetools import LRUCache
from graphql import DocumentNode, ExecutionResult, GraphQLSchema, OperationDefinitionNode, execute_sync, introspection_types
from graphql.type.introspection import TypeFields
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import ExecutionContext

from resolvers.execution.roots import Roots, merged, roots
from resolvers.execution.worker_thread import run_in_worker
from schema.extensions.runner import Schema

INTROSPECTION_FIELDS: Final = re.compile(r"__(schema|type)\b")
ANSWER_CACHE_SIZE: Final = 100_000  # values of the cached results of one schema, about 100 bytes each
MAX_KEY_LENGTH: Final = 20_000  # characters; results of longer documents aren't cached
SchemaOf = Callable[[GraphQLSchema, Any], GraphQLSchema]
"""Returns a viewer's schema, given the full schema and the request context."""


class IntrospectionCache:
    """A bounded, thread-safe cache of introspection results by schema."""

    def __init__(self, max_values: int = ANSWER_CACHE_SIZE) -> None:
        self._max_values = max_values
        self._results: WeakKeyDictionary[GraphQLSchema, LRUCache[Any, tuple[int, ExecutionResult]]] = WeakKeyDictionary()
        self._lock = Lock()

    def find(self, schema: GraphQLSchema, key: Any) -> ExecutionResult | None:
        """Return a cached result, or None."""
        with self._lock:
            results = self._results.get(schema)
            entry = None if results is None else results.get(key)
        return None if entry is None else entry[1]

    def put(self, schema: GraphQLSchema, key: Any, result: ExecutionResult) -> None:
        """Cache a result, unless it has errors or would take more than half of the cache."""
        size = _values(result.data)
        if result.errors or size > self._max_values // 2:
            return
        with self._lock:
            if schema not in self._results:
                self._results[schema] = LRUCache(self._max_values, lambda entry: entry[0])
            self._results[schema][key] = size, result


class IntrospectedSchema(Schema):
    """A schema whose introspection depends on the viewer."""

    _schema_of: SchemaOf | None = None
    _always = False

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self._introspection_cache = IntrospectionCache()

    def with_extensions(
        self,
        extensions: Iterable[Callable[[], SchemaExtension]],
        schema_of: SchemaOf | None,
        *,
        always: bool,
        suggestions: bool,
    ) -> Self:
        """Return a schema of the same types with other extensions and settings. Building the types takes 100 times as long."""
        other = copy(self)
        parts: Any = {**self._schema.to_kwargs(), "extensions": {GraphQLCoreConverter.DEFINITION_BACKREF: other}}
        schema: Any = GraphQLSchema(**{**parts, "assume_valid": True})
        schema._strawberry_schema = other
        other._schema = schema
        other.extensions = tuple(extensions)
        other._schema_of, other._always, other._suggestions = schema_of, always, suggestions
        other._introspection_cache = IntrospectionCache()
        return other

    def _extend_introspection(self) -> None:
        """Restore graphql-core's own `isOneOf`: Strawberry's fails for list and non-null types."""
        kind: Any = introspection_types["__Type"]
        kind.fields["isOneOf"].resolve = TypeFields.is_one_of

    async def execute(  # type: ignore[override]  # other arguments pass through unchanged
        self, query: str | None, variable_values: Any = None, context_value: Any = None, **more: Any
    ) -> Any:
        """Call Strawberry's method, after building the viewer's schema if documents are validated against it."""
        if self._schema_of is not None and self._always:
            await run_in_worker(self._schema_of, self._schema, context_value)
        return await super().execute(query, variable_values, context_value, **more)

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        """Return the runner of one operation's extensions, with one more, innermost, if the operation may be introspection."""
        if INTROSPECTION_FIELDS.search(execution_context.query or ""):
            introspected = _Introspected()
            introspected.execution_context = execution_context
            extensions = [*extensions, introspected]
        return super().create_extensions_runner(execution_context, extensions)

    def run_introspection(self, context: Any, text: str, selected: Roots, raw: Mapping[str, Any]) -> ExecutionResult:
        """Run the introspection fields of an operation on the viewer's schema."""
        schema = self._schema if self._schema_of is None else self._schema_of(self._schema, context)
        document = selected.only(selected.introspection())
        variables = _declared_variables(document, raw)
        version = getattr(getattr(context, "policy", None), "version", None)  # descriptions depend on it
        key = (
            version,
            text,
            selected.operation.name and selected.operation.name.value,
            selected.introspection(),
            repr(variables),
        )
        if (cached := self._introspection_cache.find(schema, key)) is not None:
            return cached
        self._extend_introspection()  # introspection types are global to the process
        result = execute_sync(schema, document, variable_values=variables)
        if len(text) <= MAX_KEY_LENGTH:
            self._introspection_cache.put(schema, key, result)
        return result


class _Introspected(SchemaExtension):
    """Runs the introspection fields of an operation, and leaves the other root fields to the executor."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Run both parts and merge their results."""
        execution: Any = self.execution_context
        document: DocumentNode | None = execution.graphql_document
        assert document is not None  # noqa: S101 (execution requires it)
        raw = execution.variables or {}
        selected = None if execution.result else roots(execution.schema._schema, document, execution.operation_name, raw)
        keys = selected.introspection() if selected else ()
        if selected is None or not keys:
            yield
            return
        call = partial(execution.schema.run_introspection, execution.context, execution.query, selected, raw)
        introspected: ExecutionResult = await run_in_worker(call)
        rest = [key for key in selected.fields if key not in keys]
        if not rest:
            execution.result = ExecutionResult(merged(keys, introspected.data), introspected.errors)
            yield
            return
        execution.graphql_document = selected.only(rest)
        yield
        execution.graphql_document = document
        result = execution.result
        result.data = merged(selected.fields, introspected.data, result.data)
        result.errors = [*(introspected.errors or ()), *(result.errors or ())] or None


def _declared_variables(document: DocumentNode, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the variables that a document declares."""
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)  # noqa: S101 (`only` puts it first)
    declared = [each.variable.name.value for each in operation.variable_definitions or ()]
    return {name: raw[name] for name in declared if name in raw}


def _values(data: Any) -> int:
    """Count the values in a result, including objects and lists."""
    if isinstance(data, dict):
        return sum(1 + _values(each) for each in data.values())
    return sum(1 + _values(each) for each in data) if isinstance(data, list) else 0
