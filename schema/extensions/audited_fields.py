"""Reads: which values of an answer are of audited fields. Looked up in the document once, and only counted in the data.

Where a name in the answer may be of fields of several types, by fragments, a value counts for each of them that is audited.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
    get_operation_ast,
)

from resolvers.auditing.audit_log import AuditSubject, Counts

Fields: TypeAlias = Collection[tuple[str, str]]  # (type, field)


class UnknownField(Exception):
    """A field that cannot be audited: it is not there, or an interface has it too, by which it is read as well."""


def audited(schema: GraphQLSchema, names: Collection[str]) -> Fields:
    """The fields that are named as `Type.field`. Raises UnknownField."""
    return frozenset(_known(schema, name) for name in names)


def _known(schema: GraphQLSchema, name: str) -> tuple[str, str]:
    type_name, _, field_name = name.partition(".")
    kind = schema.get_type(type_name)
    if not isinstance(kind, GraphQLObjectType) or field_name not in kind.fields:
        raise UnknownField(f"must be fields of the schema such as Port.monthlyRate, not {name}")
    if any(field_name in interface.fields for interface in kind.interfaces):
        raise UnknownField(f"must be fields of one type alone, which {name} is not")
    return type_name, field_name


@dataclass(slots=True)
class FieldSite:
    """A name in an answer: the audited fields that it may be of, and the names below it."""

    fields: set[AuditSubject] = field(default_factory=set)
    below: dict[str, FieldSite] = field(default_factory=dict)


FieldSites: TypeAlias = Mapping[str, FieldSite]


def field_sites(schema: GraphQLSchema, document: DocumentNode, operation: str | None, fields: Fields) -> FieldSites:
    """Where audited fields stand in the answers of an operation."""
    node = get_operation_ast(document, operation)
    root = node and schema.get_root_type(node.operation)
    if node is None or root is None:
        return {}
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    found: dict[str, FieldSite] = {}
    _Walk(schema, fragments, fields).select(root, node.selection_set, found)
    return _needed(found)


def count(places: FieldSites, data: Any, into: Counts) -> None:
    """Count the values of an object that are given."""
    for name, place in places.items():
        value = data.get(name)
        if value is None:
            continue
        for each in place.fields:
            into[each] = into.get(each, 0) + 1
        if place.below:
            for item in _objects(value):
                count(place.below, item, into)


def _objects(value: Any) -> Iterator[Any]:
    """The object that stands somewhere, or the objects of a list of them."""
    if isinstance(value, list):
        for item in value:
            yield from _objects(item)
    elif value is not None:
        yield value


@dataclass(frozen=True, slots=True)
class _Walk:
    """Through the selections of one document, whose width has been bounded before."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    fields: Fields

    def select(self, parent: Any, selections: SelectionSetNode, into: dict[str, FieldSite]) -> None:
        """Add the names of a selection."""
        for each in selections.selections:
            if isinstance(each, FieldNode):
                self._field(parent, each, into)
                continue
            node: Any = self.fragments[each.name.value] if isinstance(each, FragmentSpreadNode) else each
            condition = node.type_condition
            self.select(self.schema.get_type(condition.name.value) if condition else parent, node.selection_set, into)

    def _field(self, parent: Any, node: FieldNode, into: dict[str, FieldSite]) -> None:
        name = node.name.value
        definition = parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None
        if definition is None:  # a meta field
            return
        place = into.setdefault(node.alias.value if node.alias else name, FieldSite())
        if (parent.name, name) in self.fields:
            place.fields.add(AuditSubject(parent.name, name))
        if node.selection_set:
            self.select(get_named_type(definition.type), node.selection_set, place.below)


def _needed(found: FieldSites) -> FieldSites:
    """Only the names at or below which something is audited."""
    kept = {name: FieldSite(place.fields, dict(_needed(place.below))) for name, place in found.items()}
    return {name: place for name, place in kept.items() if place.fields or place.below}
