"""Introspection tells of the schema that the viewer has; everything else in the same document runs on the full one.

The root fields that ask about the schema are taken out of their operation and run on graphql-core, one operation at a time in a
thread of their own, so that they never keep other requests waiting. Their answers are kept, because tools ask the same again and
again. A viewer's schema takes a second to make when the first of its kind asks, so it is made in a thread too, and not before.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

from cachetools import LRUCache
from graphql import DocumentNode, ExecutionResult, GraphQLSchema, OperationDefinitionNode, execute_sync, introspection_types
from graphql.type.introspection import TypeFields
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import ExecutionContext

from resolvers.execution.roots import Roots, merged, roots
from schema.extensions.runner import Schema

INTROSPECTION_FIELDS: Final = re.compile(r"__(schema|type)\b")
ANSWER_CACHE_SIZE: Final = 100_000  # values of the answers that are kept of one schema, of some 100 bytes each
MAX_KEY_LENGTH: Final = 20_000  # characters of a document whose answer is kept
SchemaOf = Callable[[GraphQLSchema, Any], GraphQLSchema]
"""The schema of whoever a context is of, made of the full one."""
ALONE: Final = ThreadPoolExecutor(1, "introspection")


class Answers:
    """What introspection answers, kept for each schema within bounds, and found by several threads."""

    def __init__(self, kept: int = ANSWER_CACHE_SIZE) -> None:
        self._kept = kept
        self._known: WeakKeyDictionary[GraphQLSchema, LRUCache[Any, tuple[int, ExecutionResult]]] = WeakKeyDictionary()
        self._lock = Lock()

    def find(self, schema: GraphQLSchema, key: Any) -> ExecutionResult | None:
        """A known answer."""
        with self._lock:
            known = self._known.get(schema)
            found = None if known is None else known.get(key)
        return None if found is None else found[1]

    def keep(self, schema: GraphQLSchema, key: Any, result: ExecutionResult) -> None:
        """Keep an answer without errors that does not push out all others."""
        size = _values(result.data)
        if result.errors or size > self._kept // 2:
            return
        with self._lock:
            if schema not in self._known:
                self._known[schema] = LRUCache(self._kept, lambda entry: entry[0])
            self._known[schema][key] = size, result


class IntrospectedSchema(Schema):
    """A schema of which each viewer may find another."""

    def __init__(self, *, schema_of: SchemaOf | None = None, always: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self._schema_of = schema_of
        self._always = always
        self._answers = Answers()

    def _extend_introspection(self) -> None:
        """Keep graphql-core's own `isOneOf`: Strawberry's fails for lists and for what is never null."""
        kind: Any = introspection_types["__Type"]
        kind.fields["isOneOf"].resolve = TypeFields.is_one_of

    async def execute(  # type: ignore[override]  # the rest passes through as it is
        self, query: str | None, variable_values: Any = None, context_value: Any = None, **more: Any
    ) -> Any:
        """Strawberry's own, with the viewer's schema ready where documents are held against it."""
        if self._schema_of is not None and self._always:
            await asyncio.to_thread(self._schema_of, self._schema, context_value)
        return await super().execute(query, variable_values, context_value, **more)

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        """What runs the extensions of one operation: one more, nearest to execution, where it may ask about the schema."""
        if INTROSPECTION_FIELDS.search(execution_context.query or ""):
            introspected = _Introspected()
            introspected.execution_context = execution_context
            extensions = [*extensions, introspected]
        return super().create_extensions_runner(execution_context, extensions)

    def told(self, context: Any, text: str, asked: Roots, raw: Mapping[str, Any]) -> ExecutionResult:
        """What an operation that asks about the schema answers for whoever a context is of."""
        schema = self._schema if self._schema_of is None else self._schema_of(self._schema, context)
        document = asked.only(asked.introspection())
        given = _given(document, raw)
        version = getattr(getattr(context, "policy", None), "version", None)  # descriptions tell of it
        key = (version, text, asked.operation.name and asked.operation.name.value, asked.introspection(), repr(given))
        if (known := self._answers.find(schema, key)) is not None:
            return known
        self._extend_introspection()  # the types of introspection are those of the whole process
        result = execute_sync(schema, document, variable_values=given)
        if len(text) <= MAX_KEY_LENGTH:
            self._answers.keep(schema, key, result)
        return result


class _Introspected(SchemaExtension):
    """Answers the root fields that ask about the schema, and leaves the others to whoever runs them."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Join both parts of the answer."""
        asked: Any = self.execution_context
        document: DocumentNode | None = asked.graphql_document
        assert document is not None  # noqa: S101 (nothing is executed without)
        raw = asked.variables or {}
        found = None if asked.result else roots(asked.schema._schema, document, asked.operation_name, raw)
        keys = found.introspection() if found else ()
        if found is None or not keys:
            yield
            return
        ask = partial(asked.schema.told, asked.context, asked.query, found, raw)
        told: ExecutionResult = await asyncio.get_running_loop().run_in_executor(ALONE, ask)
        rest = [key for key in found.fields if key not in keys]
        if not rest:
            asked.result = ExecutionResult(merged(keys, told.data), told.errors)
            yield
            return
        asked.graphql_document = found.only(rest)
        yield
        asked.graphql_document = document
        result = asked.result
        result.data = merged(found.fields, told.data, result.data)
        result.errors = [*(told.errors or ()), *(result.errors or ())] or None


def _given(document: DocumentNode, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the variables that a document declares."""
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)  # noqa: S101 (so `only` makes it)
    declared = [each.variable.name.value for each in operation.variable_definitions or ()]
    return {name: raw[name] for name in declared if name in raw}


def _values(data: Any) -> int:
    """How many values an answer has, objects and lists among them."""
    if isinstance(data, dict):
        return sum(1 + _values(each) for each in data.values())
    return sum(1 + _values(each) for each in data) if isinstance(data, list) else 0
