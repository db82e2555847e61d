"""Auditing as a schema extension: each result is recorded in the audit log before it is sent, over any transport."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import strawberry
from cachetools import LRUCache
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from resolvers.auditing.audit_log import Counts
from resolvers.auditing.recording import has_events, operation_hash, record
from schema.extensions.audited_fields import AuditedKeys, Fields, audited, audited_keys, count

CACHE_SIZE: Final = 1000  # operations


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

    def read(self, execution: ExecutionContext, data: Any) -> Counts | None:
        """Count the values of audited fields in a result. None if there are none to audit."""
        if not self._fields or data is None or execution.graphql_document is None:
            return None
        key = operation_hash(execution.operation_name, execution.query or "")
        sites = self._sites.get(key)
        if sites is None:
            sites = audited_keys(execution.schema._schema, execution.graphql_document, execution.operation_name, self._fields)
            self._sites[key] = sites
        read: Counts = {}
        count(sites, data, read)
        return read


class _Audited(SchemaExtension):
    def __init__(self, auditing: Auditing) -> None:
        self._auditing = auditing

    async def get_results(self) -> dict[str, Any]:
        """Record the result. Adds nothing to the response."""
        execution = self.execution_context
        data = execution.result.data if execution.result is not None else None
        read = self._auditing.read(execution, data)
        if read or has_events(execution.context, data):
            await record(execution.context, execution.operation_name, execution.query, data, read)
        return {}
