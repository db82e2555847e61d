"""The schema as viewers of one kind can use it, without what policy never lets them see or do.

Everything comes from compiled policy (`policies.evaluation.reachability`) and field declarations; this module contains no rules.
Parts whose visibility depends on the row or on a partner's setting stay, and their descriptions say so. Resolvers never run on
these schemas.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from threading import Lock
from typing import Any, Final

from cachetools import LRUCache
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLNamedType, GraphQLObjectType, GraphQLSchema, get_named_type
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from policies.catalogue import CATALOGUE
from policies.evaluation.policy import Policy
from policies.evaluation.reachability import Hiding, Reachability
from policies.viewer import Shape
from resolvers.reading.filters import BY_KEY, FILTERS, input_name, order_of
from resolvers.values.text import camel
from schema.building.fields import FieldDefinition
from schema.building.mutation_fields import MutationField
from schema.introspection.descriptions import append_permission_text
from schema.introspection.pruning import prune
from schema.schema import guarded_fields

SCHEMA_CACHE_SIZE: Final = 32  # schemas, about 0.3 MB each
ACTIONS: Final = "Action"  # suffix of action enums, after the type's name
ENTITIES: Final = frozenset(entity.name for entity in CATALOGUE)


class ViewerSchemas:
    """Caches viewer schemas by policy version and viewer shape. Viewers who differ only in settings share a schema."""

    def __init__(self, cache_size: int = SCHEMA_CACHE_SIZE, *, whole: bool = False) -> None:
        """Remove nothing if `whole`."""
        self._whole = whole
        self._guarded = guarded_fields()
        self._schemas: LRUCache[Any, GraphQLSchema] = LRUCache(cache_size)
        self._described_version = ""  # the policy version in the full schema's descriptions
        self._lock = Lock()

    def of(self, schema: GraphQLSchema, policy: Policy, shape: Shape) -> GraphQLSchema:
        """Return the schema of viewers of this shape, with visibility sentences. Returns the same object while it's cached."""
        key = (policy.version, shape.kind, shape.roles, shape.supported_by)
        with self._lock:
            if self._described_version != policy.version:
                append_permission_text(schema, policy)
                self._described_version = policy.version
            if self._whole:
                return schema
            if key not in self._schemas:
                parts = SchemaVisibility(schema, Reachability(policy, shape), self._guarded)
                never = set(parts.never())
                self._schemas[key] = prune(schema, never, dict(parts.notes(never)))
            return self._schemas[key]


class SchemaVisibility:
    """Decides by policy which parts of a schema a viewer can use. Parts are named by their coordinates."""

    def __init__(self, schema: GraphQLSchema, reach: Reachability, guarded: Mapping[str, Collection[str]]) -> None:
        self._schema = schema
        self._reach = reach
        self._guarded = guarded

    def never(self) -> Iterator[str]:
        """Yield the parts that the viewer can never use. Parts that become unreachable without them aren't included."""
        for kind in self._schema.type_map.values():
            if not self._is_readable(kind):
                yield kind.name
            for place, field in _declared(kind):
                if not self._is_usable(kind.name, field):
                    yield place
        for kind, entities in _connection_inputs(self._schema):
            yield from self._forbidden(kind, entities)
        for kind in self._schema.type_map.values():
            yield from self._unavailable_actions(kind)

    def notes(self, never: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield notes on fields that are sometimes null, and why, without those that the viewer can never use."""
        for kind in self._schema.type_map.values():
            for place, field in _declared(kind):
                if place in never:
                    continue
                if (hiding := self._hiding(kind.name, field)) and (note := describe_audience(hiding)):
                    yield place, note

    def _is_readable(self, kind: GraphQLNamedType) -> bool:
        """Return True if the viewer can ever read objects of a type. For a connection or edge, that's the item's type."""
        definition = (kind.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if kind.name in ENTITIES:
            return self._reach.reads(kind.name)
        if not isinstance(definition, StrawberryObjectDefinition):
            return True
        items = [getattr(each, "__strawberry_definition__", None) for each in definition.type_var_map.values()]
        return all(self._reach.reads(each.name) for each in items if each and each.name in ENTITIES)

    def _is_usable(self, kind: str, field: StrawberryField) -> bool:
        if isinstance(field, MutationField):
            return all(self._reach.can_act(*each) for each in field.mutation.requires)
        if isinstance(field, FieldDefinition) and field.ability is not None:
            return self._reach.has_ability(field.ability)
        return not self._is_guarded(kind, field) or self._reach.sees(kind, field.python_name)

    def _hiding(self, kind: str, field: StrawberryField) -> Hiding | None:
        """Return why a usable field is sometimes null, or None if policy doesn't guard it."""
        if isinstance(field, FieldDefinition) and field.ability is not None:
            return self._reach.withholding(field.ability)
        return self._reach.hiding(kind, field.python_name) if self._is_guarded(kind, field) else None

    def _is_guarded(self, kind: str, field: StrawberryField) -> bool:
        return field.python_name in self._guarded.get(kind, ())

    def _forbidden(self, kind: GraphQLInputObjectType, entities: Collection[str]) -> Iterator[str]:
        """Yield the filters of an input, or the values of its sort enum, that are forbidden for every type the input applies to."""
        for name, field in kind.fields.items():
            by = get_named_type(field.type)
            if name == "field" and isinstance(by, GraphQLEnumType):
                yield from (
                    f"{by.name}.{value}" for value in by.values if not any(self._orders(each, value) for each in entities)
                )
            elif name != "direction" and not any(self._filters(each, name) for each in entities):
                yield f"{kind.name}.{name}"

    def _orders(self, entity: str, value: str) -> bool:
        field = None if value == BY_KEY else order_of(entity, value).field
        return self._reach.reads(entity) and (field is None or self._reach.sees_everywhere(entity, field))

    def _filters(self, entity: str, name: str) -> bool:
        fields = [each.field for key, each in FILTERS.get(entity, {}).items() if camel(input_name(entity, key)) == name]
        return any(self._reach.sees_everywhere(entity, field) for field in fields)

    def _unavailable_actions(self, kind: GraphQLNamedType) -> Iterator[str]:
        """Yield the values of an action enum that the viewer can never take."""
        entity = kind.name.removesuffix(ACTIONS)
        if isinstance(kind, GraphQLEnumType) and entity != kind.name and entity in ENTITIES:
            yield from (f"{kind.name}.{value}" for value in kind.values if not self._reach.can_act(entity, value.lower()))


def describe_audience(hiding: Hiding) -> str:
    """Return a note on when and why a field is null. Empty if it never is."""
    by_row = [f"Null in some rows: {', '.join(hiding.in_some_rows)}."] if hiding.in_some_rows else []
    by_setting = [
        f"Null with {each.reason} while {camel(each.setting)} is {'on' if each.on else 'off'}." for each in hiding.switched
    ]
    return " ".join(by_row + by_setting)


def _declared(kind: GraphQLNamedType) -> Iterator[tuple[str, StrawberryField]]:
    """Yield the field declarations of an object type, with their coordinates."""
    if isinstance(kind, GraphQLObjectType):
        for name, field in kind.fields.items():
            declared = (field.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)
            if isinstance(declared, StrawberryField):
                yield f"{kind.name}.{name}", declared


def _connection_inputs(schema: GraphQLSchema) -> Iterator[tuple[GraphQLInputObjectType, Collection[str]]]:
    """Yield the filter and sort inputs of connections, each with the types it applies to."""
    entities_by_input: dict[str, set[str]] = {}
    for kind in schema.type_map.values():
        for place, declared in _declared(kind):
            entity = str(getattr(getattr(declared, "batch", None), "entity", None))
            arguments = kind.fields[place.removeprefix(f"{kind.name}.")].args if isinstance(kind, GraphQLObjectType) else {}
            for name in {"filter", "orderBy"} & set(arguments):
                entities_by_input.setdefault(get_named_type(arguments[name].type).name, set()).add(entity)
    for name, entities in entities_by_input.items():
        input_type = schema.type_map[name]
        assert isinstance(input_type, GraphQLInputObjectType)  # noqa: S101 (connections are declared that way)
        yield input_type, sorted(entities)
