"""A schema without some of its parts: what leads to nothing any more is left out too, so that the rest is valid.

Parts are named by their coordinates: `Type`, `Type.field`, `Type.field(argument:)`, `Input.field`, `Enum.VALUE`. The schema that is
given stays as it is; types that do not change are shared with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_introspection_type,
    is_required_argument,
    is_required_input_field,
)

Value = TypeVar("Value")


def prune(schema: GraphQLSchema, left_out: Collection[str], notes: Mapping[str, str]) -> GraphQLSchema:
    """The schema without the parts that are left out. `notes` are added to the descriptions of fields, by their coordinates."""
    pruned = _Pruned(schema, _spread(schema, set(left_out)), notes)
    roots = [schema.query_type, schema.mutation_type, schema.subscription_type]
    query, mutation, subscription = (root and pruned.object(root) for root in roots)
    kept = _reached(schema, pruned)
    types = [pruned.named(kind) for name, kind in schema.type_map.items() if name in kept and not is_introspection_type(kind)]
    return GraphQLSchema(
        query, mutation, subscription, types, schema.directives, schema.description, schema.extensions, assume_valid=True
    )


def _spread(schema: GraphQLSchema, left_out: set[str]) -> set[str]:
    """All that is left out, once whatever cannot be without it is left out too."""
    known = -1
    while known != len(left_out):
        known = len(left_out)
        for kind in schema.type_map.values():
            if not is_introspection_type(kind):
                left_out.update(_lost(kind, left_out))
    return left_out


def _lost(kind: GraphQLNamedType, left_out: set[str]) -> Iterator[str]:
    """Those parts of a type that others take with them, and the type if nothing of it is left or it cannot be given."""
    match kind:
        case GraphQLObjectType() | GraphQLInterfaceType():
            for name, field in kind.fields.items():
                yield from _lost_of_field(f"{kind.name}.{name}", field, left_out)
            parts: Collection[str] = kind.fields
        case GraphQLInputObjectType():
            for name, given in kind.fields.items():
                if get_named_type(given.type).name in left_out:
                    yield f"{kind.name}.{name}"
                if f"{kind.name}.{name}" in left_out and is_required_input_field(given):
                    yield kind.name
            parts = kind.fields
        case GraphQLEnumType():
            parts = kind.values
        case GraphQLUnionType():
            parts = [member.name for member in kind.types]
            if left_out.issuperset(parts):
                yield kind.name
            return
        case _:
            return
    if left_out.issuperset(f"{kind.name}.{part}" for part in parts):
        yield kind.name


def _lost_of_field(place: str, field: GraphQLField, left_out: set[str]) -> Iterator[str]:
    if get_named_type(field.type).name in left_out:
        yield place
    for name, argument in field.args.items():
        coordinate = f"{place}({name}:)"
        if get_named_type(argument.type).name in left_out:
            yield coordinate
        if coordinate in left_out and is_required_argument(argument):
            yield place


def _reached(schema: GraphQLSchema, pruned: _Pruned) -> set[str]:
    """The types to which the roots lead: by a field, an argument, or as one of the types that stand for an interface."""
    found: set[str] = set()
    ahead: list[GraphQLNamedType] = [
        root for root in (schema.query_type, schema.mutation_type, schema.subscription_type) if root
    ]
    ahead += [get_named_type(argument.type) for directive in schema.directives for argument in directive.args.values()]
    while ahead:
        kind = ahead.pop()
        if kind.name not in found and pruned.keeps(kind.name):
            found.add(kind.name)
            ahead += pruned.next(kind)
    return found


def _but(part: Any, made: type[Any] | None = None, **changes: Any) -> Any:
    """A part as it is, but for the changes, and of another class if one is given."""
    return (made or type(part))(**{**part.to_kwargs(), **changes})


class _Pruned:
    """Types of a schema without the parts that are left out, each made once."""

    def __init__(self, schema: GraphQLSchema, left_out: Collection[str], notes: Mapping[str, str]) -> None:
        self._schema = schema
        self._left_out = left_out
        self._notes = notes
        self._made: dict[str, Any] = {}

    def keeps(self, coordinate: str) -> bool:
        """Whether a part stays."""
        return coordinate not in self._left_out

    def next(self, kind: GraphQLNamedType) -> Iterator[GraphQLNamedType]:
        """The types that the parts of a type lead to."""
        match kind:
            case GraphQLObjectType() | GraphQLInterfaceType():
                yield from kind.interfaces
                for name, field in self._kept(kind.name, kind.fields).items():
                    yield from self._led_to(f"{kind.name}.{name}", field)
            case GraphQLInputObjectType():
                yield from (get_named_type(each.type) for each in self._kept(kind.name, kind.fields).values())
            case GraphQLUnionType():
                yield from kind.types

    def _led_to(self, place: str, field: GraphQLField) -> Iterator[GraphQLNamedType]:
        kind = get_named_type(field.type)
        yield kind
        if isinstance(kind, GraphQLInterfaceType):
            yield from self._schema.get_possible_types(kind)
        yield from (get_named_type(each.type) for name, each in field.args.items() if self.keeps(f"{place}({name}:)"))

    def object(self, kind: GraphQLObjectType) -> GraphQLObjectType | None:
        """An object type, None if it is left out."""
        made: GraphQLObjectType | None = self.named(kind) if self.keeps(kind.name) else None
        return made

    def named(self, kind: GraphQLNamedType) -> Any:
        """A type without the parts that are left out."""
        if kind.name not in self._made:
            self._made[kind.name] = self._make(kind)
        return self._made[kind.name]

    def _make(self, kind: GraphQLNamedType) -> GraphQLNamedType:
        changed: Any = kind
        match kind:
            case GraphQLObjectType() | GraphQLInterfaceType():
                changed = _but(kind, interfaces=lambda: self._all(kind.interfaces), fields=lambda: self._fields(kind))
            case GraphQLInputObjectType():
                changed = _but(kind, fields=lambda: self._inputs(kind))
            case GraphQLEnumType() if len(values := self._kept(kind.name, kind.values)) < len(kind.values):
                changed = _but(kind, GraphQLEnumType, values=values)  # Strawberry's own class cannot be made of its parts
            case GraphQLUnionType():
                changed = _but(kind, types=lambda: self._all(kind.types))
        made: GraphQLNamedType = changed
        return made

    def _all(self, kinds: Collection[GraphQLNamedType]) -> list[Any]:
        return [self.named(each) for each in kinds if self.keeps(each.name)]

    def _fields(self, kind: GraphQLObjectType | GraphQLInterfaceType) -> dict[str, GraphQLField]:
        return {name: self._field(f"{kind.name}.{name}", each) for name, each in self._kept(kind.name, kind.fields).items()}

    def _field(self, place: str, field: GraphQLField) -> GraphQLField:
        arguments = {
            name: _but(argument, type_=self._typed(argument.type))
            for name, argument in field.args.items()
            if self.keeps(f"{place}({name}:)")
        }
        note = self._notes.get(place)
        description = f"{field.description} {note}" if note else field.description
        made: GraphQLField = _but(field, type_=self._typed(field.type), args=arguments, description=description)
        return made

    def _inputs(self, kind: GraphQLInputObjectType) -> dict[str, GraphQLInputField]:
        kept = self._kept(kind.name, kind.fields)
        return {name: _but(each, type_=self._typed(each.type)) for name, each in kept.items()}

    def _kept(self, name: str, parts: Mapping[str, Value]) -> dict[str, Value]:
        return {part: value for part, value in parts.items() if self.keeps(f"{name}.{part}")}

    def _typed(self, kind: Any) -> Any:
        wrap: Callable[[Any], Any]
        for wrap in (GraphQLNonNull, GraphQLList):
            if isinstance(kind, wrap):
                return wrap(self._typed(kind.of_type))
        return self.named(kind)
