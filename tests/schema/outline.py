"""The schema as tests walk it: which fields are more than columns, and how a document reaches each type from the root."""

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
# Types of which a response has one object at most, and one that is below no connection: tests/rules/test_quote.py counts there.
ONCE: Final = ("Query", "Viewer", "QuoteLine")


@dataclass(frozen=True)
class Relation:
    """A field that is more than a column of its object: it takes a statement, a computation, or both."""

    type: str
    field: str

    def __str__(self) -> str:
        return f"{self.type}.{self.field}"

    @property
    def definition(self) -> GraphQLField:
        """The field as the schema has it."""
        found: GraphQLField = object_type(self.type).fields[self.field]
        return found


@dataclass(frozen=True)
class Way:
    """How a type is reached: a connection of the root, whose items have global ids, and the fields below each item."""

    root: str
    item: str
    fields: tuple[Relation, ...] = ()

    def document(self, selection: str) -> str:
        """What to select of an item, so that `selection` stands in each object at the end of the way."""
        for step in reversed(self.fields):
            selection = f"{step.field}{_few(step.definition)} {{ {_within(step.definition, selection)} }}"
        return selection


def relations() -> list[Relation]:
    """Every field of every type that has a batch resolver."""
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
    """A type with fields."""
    found = SCHEMA.get_type(name)
    assert isinstance(found, GraphQLObjectType)
    return found


def is_connection(kind: GraphQLNamedType) -> bool:
    """Whether a type is a page of others."""
    return kind.name.endswith("Connection")


def item_of(connection: GraphQLNamedType) -> str:
    """The type that a connection has pages of."""
    return str(get_named_type(object_type(connection.name).fields["nodes"].type))


def connections() -> dict[str, str]:
    """The connections of the root, each with the type of its items."""
    fields = object_type("Query").fields.items()
    return {name: item_of(get_named_type(field.type)) for name, field in fields if is_connection(get_named_type(field.type))}


def ways() -> dict[str, Way]:
    """The shortest way to each type that has objects below the connections of the root."""
    found: dict[str, Way] = {}
    coming = [Way(root, item) for root, item in connections().items()]
    while coming:
        way = coming.pop(0)
        end = _end(way)
        if end not in found:
            found[end] = way
            coming += [Way(way.root, way.item, (*way.fields, step)) for step in _steps(end)]
    return found


def leaf(field: GraphQLField) -> str:
    """A selection of as little of a field's value as there is; of a connection its count too."""
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
    """A page of a few items, so that what is below them costs little."""
    return "(first: 5)" if is_connection(get_named_type(field.type)) else ""


def _within(field: GraphQLField, selection: str) -> str:
    return f"nodes {{ {selection} }}" if is_connection(get_named_type(field.type)) else selection
