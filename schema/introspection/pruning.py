"""Removes parts of a schema, along with everything that would be invalid or unreachable without them.

Parts are named by schema coordinates: `Type`, `Type.field`, `Type.field(argument:)`, `Input.field`, `Enum.VALUE`. The original
schema isn't changed; unchanged types are shared with it.
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


def prune(schema: GraphQLSchema, removed: Collection[str], notes: Mapping[str, str]) -> GraphQLSchema:
    """Return the schema without the `removed` parts. `notes` maps field coordinates to text that is appended to descriptions."""
    pruned = _Pruned(schema, _closure(schema, set(removed)), notes)
    roots = [schema.query_type, schema.mutation_type, schema.subscription_type]
    query, mutation, subscription = (root and pruned.object(root) for root in roots)
    reachable = _reached(schema, pruned)
    types = [
        pruned.named(kind) for name, kind in schema.type_map.items() if name in reachable and not is_introspection_type(kind)
    ]
    return GraphQLSchema(
        query, mutation, subscription, types, schema.directives, schema.description, schema.extensions, assume_valid=True
    )


def _closure(schema: GraphQLSchema, removed: set[str]) -> set[str]:
    """Return the removed parts with everything that can't exist without them."""
    size = -1
    while size != len(removed):
        size = len(removed)
        for kind in schema.type_map.values():
            if not is_introspection_type(kind):
                removed.update(_lost(kind, removed))
    return removed


def _lost(kind: GraphQLNamedType, removed: set[str]) -> Iterator[str]:
    """Yield the parts of a type that can't stay, and the type itself if it's empty or can't be provided."""
    match kind:
        case GraphQLObjectType() | GraphQLInterfaceType():
            for name, field in kind.fields.items():
                yield from _lost_of_field(f"{kind.name}.{name}", field, removed)
            parts: Collection[str] = kind.fields
        case GraphQLInputObjectType():
            for name, given in kind.fields.items():
                if get_named_type(given.type).name in removed:
                    yield f"{kind.name}.{name}"
                if f"{kind.name}.{name}" in removed and is_required_input_field(given):
                    yield kind.name
            parts = kind.fields
        case GraphQLEnumType():
            parts = kind.values
        case GraphQLUnionType():
            parts = [member.name for member in kind.types]
            if removed.issuperset(parts):
                yield kind.name
            return
        case _:
            return
    if removed.issuperset(f"{kind.name}.{part}" for part in parts):
        yield kind.name


def _lost_of_field(place: str, field: GraphQLField, removed: set[str]) -> Iterator[str]:
    if get_named_type(field.type).name in removed:
        yield place
    for name, argument in field.args.items():
        coordinate = f"{place}({name}:)"
        if get_named_type(argument.type).name in removed:
            yield coordinate
        if coordinate in removed and is_required_argument(argument):
            yield place


def _reached(schema: GraphQLSchema, pruned: _Pruned) -> set[str]:
    """Return the types reachable from the roots, through fields, arguments or implementations of an interface."""
    reached: set[str] = set()
    pending: list[GraphQLNamedType] = [
        root for root in (schema.query_type, schema.mutation_type, schema.subscription_type) if root
    ]
    pending += [get_named_type(argument.type) for directive in schema.directives for argument in directive.args.values()]
    while pending:
        kind = pending.pop()
        if kind.name not in reached and pruned.keeps(kind.name):
            reached.add(kind.name)
            pending += pruned.next(kind)
    return reached


def _copy_with(part: Any, class_: type[Any] | None = None, **changes: Any) -> Any:
    """Copy a part with changes, as another class if one is given."""
    return (class_ or type(part))(**{**part.to_kwargs(), **changes})


class _Pruned:
    """Builds the types of the pruned schema, each once."""

    def __init__(self, schema: GraphQLSchema, removed: Collection[str], notes: Mapping[str, str]) -> None:
        self._schema = schema
        self._removed = removed
        self._notes = notes
        self._types: dict[str, Any] = {}

    def keeps(self, coordinate: str) -> bool:
        """Return True if a part isn't removed."""
        return coordinate not in self._removed

    def next(self, kind: GraphQLNamedType) -> Iterator[GraphQLNamedType]:
        """Yield the types that a type's parts refer to."""
        match kind:
            case GraphQLObjectType() | GraphQLInterfaceType():
                yield from kind.interfaces
                for name, field in self._remaining(kind.name, kind.fields).items():
                    yield from self._referenced(f"{kind.name}.{name}", field)
            case GraphQLInputObjectType():
                yield from (get_named_type(each.type) for each in self._remaining(kind.name, kind.fields).values())
            case GraphQLUnionType():
                yield from kind.types

    def _referenced(self, place: str, field: GraphQLField) -> Iterator[GraphQLNamedType]:
        kind = get_named_type(field.type)
        yield kind
        if isinstance(kind, GraphQLInterfaceType):
            yield from self._schema.get_possible_types(kind)
        yield from (get_named_type(each.type) for name, each in field.args.items() if self.keeps(f"{place}({name}:)"))

    def object(self, kind: GraphQLObjectType) -> GraphQLObjectType | None:
        """Return an object type without its removed parts, or None if it's removed."""
        pruned: GraphQLObjectType | None = self.named(kind) if self.keeps(kind.name) else None
        return pruned

    def named(self, kind: GraphQLNamedType) -> Any:
        """Return a type without its removed parts."""
        if kind.name not in self._types:
            self._types[kind.name] = self._build(kind)
        return self._types[kind.name]

    def _build(self, kind: GraphQLNamedType) -> GraphQLNamedType:
        changed: Any = kind
        match kind:
            case GraphQLObjectType() | GraphQLInterfaceType():
                changed = _copy_with(kind, interfaces=lambda: self._all(kind.interfaces), fields=lambda: self._fields(kind))
            case GraphQLInputObjectType():
                changed = _copy_with(kind, fields=lambda: self._inputs(kind))
            case GraphQLEnumType() if len(values := self._remaining(kind.name, kind.values)) < len(kind.values):
                changed = _copy_with(
                    kind, GraphQLEnumType, values=values
                )  # Strawberry's subclass can't be rebuilt from its arguments
            case GraphQLUnionType():
                changed = _copy_with(kind, types=lambda: self._all(kind.types))
        pruned: GraphQLNamedType = changed
        return pruned

    def _all(self, kinds: Collection[GraphQLNamedType]) -> list[Any]:
        return [self.named(each) for each in kinds if self.keeps(each.name)]

    def _fields(self, kind: GraphQLObjectType | GraphQLInterfaceType) -> dict[str, GraphQLField]:
        return {
            name: self._field(f"{kind.name}.{name}", each) for name, each in self._remaining(kind.name, kind.fields).items()
        }

    def _field(self, place: str, field: GraphQLField) -> GraphQLField:
        arguments = {
            name: _copy_with(argument, type_=self._typed(argument.type))
            for name, argument in field.args.items()
            if self.keeps(f"{place}({name}:)")
        }
        note = self._notes.get(place)
        description = f"{field.description} {note}" if note else field.description
        pruned: GraphQLField = _copy_with(field, type_=self._typed(field.type), args=arguments, description=description)
        return pruned

    def _inputs(self, kind: GraphQLInputObjectType) -> dict[str, GraphQLInputField]:
        remaining = self._remaining(kind.name, kind.fields)
        return {name: _copy_with(each, type_=self._typed(each.type)) for name, each in remaining.items()}

    def _remaining(self, name: str, parts: Mapping[str, Value]) -> dict[str, Value]:
        return {part: value for part, value in parts.items() if self.keeps(f"{name}.{part}")}

    def _typed(self, kind: Any) -> Any:
        wrap: Callable[[Any], Any]
        for wrap in (GraphQLNonNull, GraphQLList):
            if isinstance(kind, wrap):
                return wrap(self._typed(kind.of_type))
        return self.named(kind)
