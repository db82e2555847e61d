"""Finds where the schema exposes sensitive values, by the types of its fields and the columns behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from models.base import Base
from models.kinds import Kind, suggested_kinds, undeclared_columns
from policies.analysis.kinds import Site, kind_problems
from policies.catalogue import CATALOGUE
from policies.errors import PolicyError
from policies.evaluation.policy import Policy
from resolvers.endpoints.downloads import RENDERERS
from resolvers.kinds import column_kinds, mail_sites, narrowings, resolver_kinds
from resolvers.reading.field_sources import ChildConnection, RootConnection
from resolvers.reading.filters import FILTERS, input_name
from schema.building.fields import FieldDefinition
from schema.schema import UNRULED, checked_schema

BY_TYPE: Final[Mapping[str, frozenset[Kind]]] = {
    "Money": frozenset({Kind.PRICE}),
    "Decimal": frozenset({Kind.PRICE}),
    "EmailAddress": frozenset({Kind.EMAIL}),
}
NUMBERS: Final = frozenset(("Int", "Float"))
DEFINITION: Final = GraphQLCoreConverter.DEFINITION_BACKREF


_PASSED: Final[set[str]] = set()  # versions of policies: nothing else that is checked changes while the process runs


def check_kinds(policy: Policy) -> None:
    """Check that policy hides every sensitive value that its kind must hide. Raises PolicyError with all problems."""
    if policy.version in _PASSED:
        return
    if found := list(problems(policy)):
        raise PolicyError("\n".join(found))
    _PASSED.add(policy.version)


def problems(policy: Policy) -> Iterator[str]:
    """Yield exposed sensitive values that their kind must hide, and columns and filters that don't declare a kind."""
    yield from undeclared_columns(Base.metadata)
    yield from unsupported_filters()
    yield from kind_problems(policy, sites(), narrowings())


@cache  # the schema and the catalogue don't change while the process runs
def sites() -> tuple[Site, ...]:
    """Return every place where a value of some kind leaves the gateway: in GraphQL, a file, or an email."""
    return (*SchemaSites(checked_schema()._schema), *mail_sites())


class SchemaSites:
    """The sites of one schema.

    The contents of a type without rules of its own belong to the guarded field that leads to it. If a root leads to the type
    through unguarded fields only, each of the type's own sensitive fields is an unguarded site.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._held: dict[str, frozenset[Kind]] = {}
        self._exposed: set[str] = set()
        for root in (schema.query_type, schema.mutation_type, schema.subscription_type):
            if root is not None:
                self._expose(root)

    def __iter__(self) -> Iterator[Site]:
        """Yield each field that exposes a kind."""
        types = [each for each in self._schema.type_map.values() if isinstance(each, GraphQLObjectType)]
        for owner, field in [
            (each, field) for each in types if not each.name.startswith("__") for field in each.fields.values()
        ]:
            if kinds := self._shown(owner, field):
                definition = field.extensions[DEFINITION]
                yield Site(owner.name, definition.python_name, kinds, _ability(definition))

    def _shown(self, owner: GraphQLObjectType, field: GraphQLField) -> frozenset[Kind]:
        """Return the kinds that a field is responsible for."""
        if _is_guarded(owner, field):
            return self._kinds(owner.name, field)
        return _own_kinds(owner.name, field) if owner.name in self._exposed else frozenset()

    def _expose(self, kind: GraphQLNamedType) -> None:
        """Record the types that everyone can reach through unguarded fields."""
        if kind.name in CATALOGUE or kind.name in self._exposed:
            return
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            for each in self._schema.get_possible_types(kind):
                self._expose(each)
        elif isinstance(kind, GraphQLObjectType):
            self._exposed.add(kind.name)
            for field in kind.fields.values():
                if not _is_guarded(kind, field):
                    self._expose(get_named_type(field.type))

    def _kinds(self, owner: str, field: GraphQLField) -> frozenset[Kind]:
        """Return the kinds of a field and of its type's contents."""
        return _own_kinds(owner, field) | self._holds(get_named_type(field.type))

    def _holds(self, kind: GraphQLNamedType) -> frozenset[Kind]:
        """Return the kinds of the contents of a type without rules of its own."""
        if kind.name in CATALOGUE or kind.name in BY_TYPE or kind.name.startswith("__"):
            return frozenset()
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            return frozenset().union(*(self._holds(each) for each in self._schema.get_possible_types(kind)))
        if not isinstance(kind, GraphQLObjectType):
            return frozenset()
        if kind.name not in self._held:
            self._held[kind.name] = frozenset()  # a type that leads back to itself holds nothing more
            unguarded = (each for each in kind.fields.values() if not _is_guarded(kind, each))
            self._held[kind.name] = frozenset().union(*(self._kinds(kind.name, each) for each in unguarded))
        return self._held[kind.name]


def _is_guarded(owner: GraphQLObjectType, field: GraphQLField) -> bool:
    """Return True if the type's rules or an ability decide who sees a field."""
    return owner.name in CATALOGUE or _ability(field.extensions[DEFINITION]) is not None


def _own_kinds(owner: str, field: GraphQLField) -> frozenset[Kind]:
    """Return the kinds of a field by its type and its columns, or else those that its name suggests."""
    definition: StrawberryField = field.extensions[DEFINITION]
    if definition.python_name in UNRULED:
        return frozenset()
    named = get_named_type(field.type)
    known = BY_TYPE.get(named.name, frozenset()) | _column_kinds(owner, definition)
    if known or named.name not in NUMBERS | {"String"}:
        return known
    return suggested_kinds(definition.python_name, is_number=named.name in NUMBERS)


def _ability(definition: StrawberryField) -> str | None:
    return definition.ability if isinstance(definition, FieldDefinition) else None


def _column_kinds(owner: str, definition: StrawberryField) -> frozenset[Kind]:
    """Return the kinds of the columns that a guarded field exposes or is computed from, and of the file that it links to."""
    if owner not in CATALOGUE or not isinstance(definition, FieldDefinition):
        return frozenset()
    files = [file for (entity, _), file in RENDERERS.items() if (entity, file.field) == (owner, definition.python_name)]
    kinds = frozenset[Kind]().union(*(file.kinds for file in files))
    if definition.batch is not None:
        return kinds | resolver_kinds(owner, definition.batch)
    return kinds | column_kinds(owner, definition.column or definition.python_name)


def unsupported_filters() -> list[str]:
    """Return each filter field that its connection doesn't support."""
    schema = checked_schema()._schema
    return [
        f"{kind.name}.{name}: {entity} has no such filter in FILTERS"
        for owner in schema.type_map.values()
        if isinstance(owner, GraphQLObjectType)
        for field in owner.fields.values()
        if (entity := _listed(field)) and "filter" in field.args
        for kind in [get_named_type(field.args["filter"].type)]
        if isinstance(kind, GraphQLInputObjectType)
        for name, given in kind.fields.items()
        if given.extensions[DEFINITION].python_name not in {input_name(entity, each) for each in FILTERS.get(entity, ())}
    ]


def _listed(field: GraphQLField) -> str | None:
    """Return the type of a connection's rows, or None if the field isn't a connection."""
    definition = field.extensions.get(DEFINITION)
    batch = definition.batch if isinstance(definition, FieldDefinition) else None
    return batch.entity if isinstance(batch, ChildConnection | RootConnection) else None
