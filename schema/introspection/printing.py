"""Schemas as text, in the schema definition language (SDL), for tools and for people."""

from __future__ import annotations

from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

from graphql import GraphQLSchema, is_introspection_type, is_specified_scalar_type, print_type

from policies.evaluation.policy import Policy
from policies.viewer import Shape
from schema.introspection.viewer_schemas import ViewerSchemas
from schema.schema import described


def full_sdl(policy: Policy) -> str:
    """Return the full schema, with visibility sentences."""
    return described(policy).as_str() + "\n"


def print_types(schema: GraphQLSchema) -> str:
    """Return the types of a schema in the order of their names."""
    kinds = [kind for _, kind in sorted(schema.type_map.items()) if not is_introspection_type(kind)]
    return "\n\n".join(print_type(kind) for kind in kinds if not is_specified_scalar_type(kind)) + "\n"


class SchemaTexts:
    """The texts of the full schema and of viewers' schemas. Each is built once. Can be used in any thread."""

    def __init__(self, schema: GraphQLSchema, schemas: ViewerSchemas) -> None:
        self._schema: Final = schema
        self._schemas = schemas
        self._full = ("", "")  # the policy's version, and the text
        self._texts: WeakKeyDictionary[GraphQLSchema, str] = WeakKeyDictionary()
        self._lock = Lock()

    def full(self, policy: Policy) -> str:
        """Return the text of the full schema."""
        with self._lock:
            if self._full[0] != policy.version:
                self._full = (policy.version, full_sdl(policy))
            return self._full[1]

    def of(self, policy: Policy, shape: Shape) -> str:
        """Return the text of the schema of viewers of a shape."""
        schema = self._schemas.of(self._schema, policy, shape)
        with self._lock:
            if schema not in self._texts:
                self._texts[schema] = print_types(schema)
            return self._texts[schema]
