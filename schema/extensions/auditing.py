"""Auditing as a schema extension: each result is recorded in the audit log before it is sent, over any transport."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, NamedTuple

import strawberry
from cachetools import LRUCache
from graphql import DocumentNode
from strawberry.extensions import SchemaExtension

from resolvers.auditing.audit_log import Counts
from resolvers.auditing.recording import has_events, operation_hash, record
from schema.extensions.audited_fields import AuditedKeys, Fields, audited, audited_keys, count

CACHE_SIZE: Final = 1000  # operations


class Executed(NamedTuple):
    """An operation that was executed. Without a document, its text was invalid."""

    schema: strawberry.Schema
    context: Any
    text: str | None
    name: str | None
    document: DocumentNode | None


class Auditing:
    """The auditing of one schema. Without audited `fields`, reads aren't counted."""

    def __init__(self, fields: Collection[str] = ()) -> None:
        self._names = fields
        self._fields: Fields = frozenset()
        self._sites: LRUCache[Any, AuditedKeys] = LRUCache(CACHE_SIZE)

    def extension(self) -> SchemaExtension:
        """Return an extension to pass to `make_schema`."""
        return _Audited(self)

    def of(self, schema: strawberry.Schema) -> None:
        """Look up the audited fields in the schema. Raises UnknownField."""
        self._fields = audited(schema._schema, self._names)

    async def record(self, executed: Executed, data: Any) -> None:
        """Record a result before it is sent."""
        read = self.read(executed, data)
        if read or has_events(executed.context, data):
            await record(executed.context, executed.name, executed.text, data, read)

    def read(self, executed: Executed, data: Any) -> Counts | None:
        """Count the values of audited fields in a result. None if there are none to audit."""
        if not self._fields or data is None or executed.document is None:
            return None
        read: Counts = {}
        count(self.keys(executed), data, read)
        return read

    def keys(self, executed: Executed) -> AuditedKeys:
        """Return the response keys of an operation that lead to audited fields."""
        if not self._fields or executed.document is None:
            return {}
        key = operation_hash(executed.name, executed.text or "")
        keys = self._sites.get(key)
        if keys is None:
            keys = audited_keys(executed.schema._schema, executed.document, executed.name, self._fields)
            self._sites[key] = keys
        return keys


class _Audited(SchemaExtension):
    def __init__(self, auditing: Auditing) -> None:
        self._auditing = auditing

    async def get_results(self) -> dict[str, Any]:
        """Record the result. Adds nothing to the response."""
        execution = self.execution_context
        name = execution.operation_name
        executed = Executed(execution.schema, execution.context, execution.query, name, execution.graphql_document)
        await self._auditing.record(executed, execution.result.data if execution.result is not None else None)
        return {}
