"""Introspection tells of the schema that the viewer has; everything else in the same document runs on the full one.

Making that schema takes a second when a viewer of its kind asks for the first time, so it is made in a thread, and not before.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any, Final

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema
from graphql.pyutils import Path
from graphql.type import SchemaMetaFieldDef, TypeMetaFieldDef, is_introspection_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.runner import Schema

ASKED: Final = re.compile(r"__(schema|type)\b")
SchemaOf = Callable[[GraphQLSchema, Any], GraphQLSchema]
"""The schema of whoever a context is of, made of the full one."""


def introspecting(schema_of: SchemaOf) -> type[StrawberryGraphQLCoreExecutionContext]:
    """Execution as Strawberry's, but that fields of introspection are resolved in the viewer's schema."""

    class Execution(StrawberryGraphQLCoreExecutionContext):
        def build_resolve_info(
            self, field_def: GraphQLField, field_nodes: list[FieldNode], parent_type: GraphQLObjectType, path: Path
        ) -> GraphQLResolveInfo[Any]:
            info: Any = super().build_resolve_info(field_def, field_nodes, parent_type, path)
            if field_def is SchemaMetaFieldDef or field_def is TypeMetaFieldDef or is_introspection_type(parent_type):
                info = info._replace(schema=schema_of(self.schema, self.context_value))
            shown: GraphQLResolveInfo[Any] = info
            return shown

    return Execution


class IntrospectedSchema(Schema):
    """A schema of which each viewer may find another."""

    def __init__(self, *, schema_of: SchemaOf | None = None, always: bool = False, **more: Any) -> None:
        super().__init__(execution_context_class=schema_of and introspecting(schema_of), **more)
        self._schema_of = schema_of
        self._always = always

    async def execute(self, query: str | None, *parts: Any, **more: Any) -> Any:
        """Strawberry's own, with the viewer's schema ready where it is asked for."""
        if self._schema_of is not None and (self._always or ASKED.search(query or "")):
            await asyncio.to_thread(self._schema_of, self._schema, more["context_value"])
        return await super().execute(query, *parts, **more)
