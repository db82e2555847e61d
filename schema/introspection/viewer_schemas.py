"""The schema as viewers of a kind can ever use it: without what policy never lets them see or do.

Everything is read from compiled policy (`policies.reach`) and from how fields are declared; no rule stands here. What policy decides
by the row, or a partner by a switch, stays, and its description says so. Resolvers never run on these schemas.
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
from policies.policy import Policy
from policies.reachability import Hiding, Reachability
from policies.viewer import Shape
from resolvers.reading.filters import BY_KEY, FILTERS, INPUT_NAME, order_of
from resolvers.values.text import camel
from schema.building.fields import FieldDefinition
from schema.building.mutation_fields import MutationField
from schema.introspection.descriptions import append_permission_text
from schema.introspection.pruning import prune
from schema.schema import guarded_fields

SCHEMA_CACHE_SIZE: Final = 32  # schemas, of some 0.3 MB each
ACTIONS: Final = "Action"  # how the enum of a type's actions is named, after the type
ENTITIES: Final = frozenset(entity.name for entity in CATALOGUE)


class ViewerSchemas:
    """Schemas made of a full one, each once for a policy and the viewers who differ by nothing but their switches."""

    def __init__(self, kept: int = SCHEMA_CACHE_SIZE, *, whole: bool = False) -> None:
        """`whole` leaves nothing out."""
        self._whole = whole
        self._guarded = guarded_fields()
        self._schemas: LRUCache[Any, GraphQLSchema] = LRUCache(kept)
        self._told = ""  # the version of policy of which the descriptions of the full schema tell
        self._lock = Lock()

    def of(self, schema: GraphQLSchema, policy: Policy, shape: Shape) -> GraphQLSchema:
        """The schema of a viewer of this shape, whose descriptions say who sees what. The same object as long as it is kept."""
        key = (policy.version, shape.kind, shape.roles, shape.supported_by)
        with self._lock:
            if self._told != policy.version:
                append_permission_text(schema, policy)
                self._told = policy.version
            if self._whole:
                return schema
            if key not in self._schemas:
                parts = SchemaVisibility(schema, Reachability(policy, shape), self._guarded)
                self._schemas[key] = prune(schema, set(parts.never()), dict(parts.notes()))
            return self._schemas[key]


class SchemaVisibility:
    """The parts of a schema, by their coordinates, as policy judges them."""

    def __init__(self, schema: GraphQLSchema, reach: Reachability, guarded: Mapping[str, Collection[str]]) -> None:
        self._schema = schema
        self._reach = reach
        self._guarded = guarded

    def never(self) -> Iterator[str]:
        """What the viewers can never use; what then leads to nothing is not among it."""
        for kind in self._schema.type_map.values():
            if not self._is_readable(kind):
                yield kind.name
            for place, field in _declared(kind):
                if not self._is_usable(kind.name, field):
                    yield place
        for kind, asked in _narrowing(self._schema):
            yield from self._refused(kind, asked)
        for kind in self._schema.type_map.values():
            yield from self._untaken(kind)

    def notes(self) -> Iterator[tuple[str, str]]:
        """What is to be said of fields that are null at times, and why."""
        for kind in self._schema.type_map.values():
            for place, field in _declared(kind):
                if (hiding := self._hiding(kind.name, field)) and (note := describe_audience(hiding)):
                    yield place, note

    def _is_readable(self, kind: GraphQLNamedType) -> bool:
        """Whether there can be something of a type to be read; of a page or its items, something that stands on it."""
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
        """Why a field that can be used is null at times, None where policy has no say."""
        if not self._is_usable(kind, field):
            return None
        if isinstance(field, FieldDefinition) and field.ability is not None:
            return self._reach.withholding(field.ability)
        return self._reach.hiding(kind, field.python_name) if self._is_guarded(kind, field) else None

    def _is_guarded(self, kind: str, field: StrawberryField) -> bool:
        return field.python_name in self._guarded.get(kind, ())

    def _refused(self, kind: GraphQLInputObjectType, entities: Collection[str]) -> Iterator[str]:
        """The filters of an input, or the values of the enum that it orders by, that are refused for every type it narrows."""
        for name, given in kind.fields.items():
            by = get_named_type(given.type)
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
        fields = [each.field for known, each in FILTERS.get(entity, {}).items() if camel(INPUT_NAME.get(known, known)) == name]
        return any(self._reach.sees_everywhere(entity, field) for field in fields)

    def _untaken(self, kind: GraphQLNamedType) -> Iterator[str]:
        """The values of an enum of actions that are never taken."""
        entity = kind.name.removesuffix(ACTIONS)
        if isinstance(kind, GraphQLEnumType) and entity != kind.name and entity in ENTITIES:
            yield from (f"{kind.name}.{value}" for value in kind.values if not self._reach.can_act(entity, value.lower()))


def describe_audience(hiding: Hiding) -> str:
    """What a description says of a field that is null at times; nothing for one that never is."""
    by_row = [f"Null in some rows: {', '.join(hiding.in_some_rows)}."] if hiding.in_some_rows else []
    by_switch = [
        f"Null with {each.reason} while {camel(each.setting)} is {'on' if each.on else 'off'}." for each in hiding.switched
    ]
    return " ".join(by_row + by_switch)


def _declared(kind: GraphQLNamedType) -> Iterator[tuple[str, StrawberryField]]:
    """The fields of an object type, by their coordinates, as they are declared."""
    if isinstance(kind, GraphQLObjectType):
        for name, field in kind.fields.items():
            declared = (field.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)
            if isinstance(declared, StrawberryField):
                yield f"{kind.name}.{name}", declared


def _narrowing(schema: GraphQLSchema) -> Iterator[tuple[GraphQLInputObjectType, Collection[str]]]:
    """The inputs by which connections are filtered and ordered, each with the types that it is for."""
    found: dict[str, set[str]] = {}
    for kind in schema.type_map.values():
        for place, declared in _declared(kind):
            entity = str(getattr(getattr(declared, "batch", None), "entity", None))
            arguments = kind.fields[place.removeprefix(f"{kind.name}.")].args if isinstance(kind, GraphQLObjectType) else {}
            for name in {"filter", "orderBy"} & set(arguments):
                found.setdefault(get_named_type(arguments[name].type).name, set()).add(entity)
    for name, entities in found.items():
        narrowing = schema.type_map[name]
        assert isinstance(narrowing, GraphQLInputObjectType)  # noqa: S101 (so connections are declared)
        yield narrowing, sorted(entities)
