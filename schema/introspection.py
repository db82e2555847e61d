"""Introspection tells of the schema that the viewer has; everything else in the same document runs on the full one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema
from graphql.pyutils import Path
from graphql.type import SchemaMetaFieldDef, TypeMetaFieldDef, is_introspection_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

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
