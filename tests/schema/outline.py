"""An outline of the schema for tests: which fields have a resolver, and how a document reaches each type from the root."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from strawberry.types.base import StrawberryObjectDefinition

import server
from schema.building.fields import FieldDefinition
from schema.schema import described

STRAWBERRY: Final = described(server.load_policy())
SCHEMA: Final[GraphQLSchema] = STRAWBERRY._schema
NODE: Final = cast("GraphQLInterfaceType", SCHEMA.get_type("Node"))
# Types with at most one object per response, and those that are below no connection (test_quote.py and test_session.py cover them).
ONCE: Final = ("Query", "Viewer", "QuoteLine", "Session")


@dataclass(frozen=True)
class Relation:
    """A field that isn't just a column: it needs a statement, a computation, or both."""

    type: str
    field: str

    def __str__(self) -> str:
        return f"{self.type}.{self.field}"

    @property
    def definition(self) -> GraphQLField:
        """Return the field in the schema."""
        field: GraphQLField = object_type(self.type).fields[self.field]
        return field


@dataclass(frozen=True)
class Way:
    """A path to a type: a root connection whose items have global IDs, and the fields below each item."""

    root: str
    item: str
    fields: tuple[Relation, ...] = ()

    def document(self, selection: str) -> str:
        """Wrap `selection` so that it applies to the objects at the end of the path, starting from an item."""
        for step in reversed(self.fields):
            selection = f"{step.field}{_few(step.definition)} {{ {_within(step.definition, selection)} }}"
        return selection


def relations() -> list[Relation]:
    """Return every field that has a batch resolver."""
    found = []
    for concrete in STRAWBERRY.schema_converter.type_map.values():
        definition = concrete.definition
        if isinstance(definition, StrawberryObjectDefinition) and isinstance(concrete.implementation, GraphQLObjectType):
            names = {
                STRAWBERRY.config.name_converter.from_field(field)
                for field in definition.fields
                if isinstance(field, FieldDefinition) and field.batch is not None
            }
            found += [Relation(concrete.implementation.name, name) for name in names]
    return sorted(found, key=str)


def object_type(name: str) -> GraphQLObjectType:
    """Return an object type of the schema."""
    kind = SCHEMA.get_type(name)
    assert isinstance(kind, GraphQLObjectType)
    return kind


def is_connection(kind: GraphQLNamedType) -> bool:
    """Return True if a type is a connection."""
    return kind.name.endswith("Connection")


def item_of(connection: GraphQLNamedType) -> str:
    """Return the type of a connection's items."""
    return str(get_named_type(object_type(connection.name).fields["nodes"].type))


def connections() -> dict[str, str]:
    """Return the root connections with the types of their items."""
    fields = object_type("Query").fields.items()
    return {name: item_of(get_named_type(field.type)) for name, field in fields if is_connection(get_named_type(field.type))}


def ways() -> dict[str, Way]:
    """Return the shortest path to each type that is reachable below a root connection."""
    found: dict[str, Way] = {}
    pending = [Way(root, item) for root, item in connections().items()]
    while pending:
        way = pending.pop(0)
        end = _end(way)
        if end not in found:
            found[end] = way
            pending += [Way(way.root, way.item, (*way.fields, step)) for step in _steps(end)]
    return found


def leaf(field: GraphQLField) -> str:
    """Return a minimal selection of a field's value. For a connection it includes the total count."""
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return ""
    return "{ nodes { __typename } totalCount }" if is_connection(kind) else "{ __typename }"


def _end(way: Way) -> str:
    if not way.fields:
        return way.item
    kind = get_named_type(way.fields[-1].definition.type)
    return item_of(kind) if is_connection(kind) else kind.name


def _steps(name: str) -> Iterator[Relation]:
    for field, definition in object_type(name).fields.items():
        kind = get_named_type(definition.type)
        optional = not any(map(is_required_argument, definition.args.values()))
        if isinstance(kind, GraphQLObjectType) and optional:
            yield Relation(name, field)


def _few(field: GraphQLField) -> str:
    """Return arguments for a small page, so that nested fields cost little."""
    return "(first: 5)" if is_connection(get_named_type(field.type)) else ""


def _within(field: GraphQLField, selection: str) -> str:
    return f"nodes {{ {selection} }}" if is_connection(get_named_type(field.type)) else selection
