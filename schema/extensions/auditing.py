"""Auditing as an extension of the schema: each result is told to the audit log before it is sent, by whatever way it came."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import strawberry
from cachetools import LRUCache
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from resolvers.auditing.audit_log import Counts
from resolvers.auditing.recording import has_events, operation_hash, record
from schema.extensions.audited_fields import Fields, FieldSites, audited, count, field_sites

CACHE_SIZE: Final = 1000  # operations whose places are known


class Auditing:
    """The auditing of one schema. Without audited `fields` no read is looked for."""

    def __init__(self, fields: Collection[str] = ()) -> None:
        self._names = fields
        self._fields: Fields = frozenset()
        self._places: LRUCache[Any, FieldSites] = LRUCache(CACHE_SIZE)

    def extension(self) -> SchemaExtension:
        """For the schema's extensions."""
        return _Audited(self)

    def of(self, schema: strawberry.Schema) -> None:
        """Learn what the fields are. Raises UnknownField."""
        self._fields = audited(schema._schema, self._names)

    def read(self, asked: ExecutionContext, data: Any) -> Counts | None:
        """The values of audited fields in a result, None where none is audited."""
        if not self._fields or data is None or asked.graphql_document is None:
            return None
        key = operation_hash(asked.operation_name, asked.query or "")
        known = self._places.get(key)
        if known is None:
            known = field_sites(asked.schema._schema, asked.graphql_document, asked.operation_name, self._fields)
            self._places[key] = known
        read: Counts = {}
        count(known, data, read)
        return read


class _Audited(SchemaExtension):
    def __init__(self, auditing: Auditing) -> None:
        self._auditing = auditing

    async def get_results(self) -> dict[str, Any]:
        """Nothing is told to the client; the log is told before it."""
        asked = self.execution_context
        data = asked.result.data if asked.result is not None else None
        read = self._auditing.read(asked, data)
        if read or has_events(asked.context, data):
            await record(asked.context, asked.operation_name, asked.query, data, read)
        return {}
