"""Counts reads of audited fields. The document is searched once per operation; each result is then only counted.

If fragments let a response key stand for fields of several types, a value counts for each audited field among them.
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
    """A field that can't be audited: it doesn't exist, or it can also be read through an interface."""


def audited(schema: GraphQLSchema, names: Collection[str]) -> Fields:
    """Parse names of the form `Type.field`. Raises UnknownField."""
    return frozenset(_parse_name(schema, name) for name in names)


def _parse_name(schema: GraphQLSchema, name: str) -> tuple[str, str]:
    type_name, _, field_name = name.partition(".")
    kind = schema.get_type(type_name)
    if not isinstance(kind, GraphQLObjectType) or field_name not in kind.fields:
        raise UnknownField(f"must be fields of the schema such as Port.monthlyRate, not {name}")
    if any(field_name in interface.fields for interface in kind.interfaces):
        raise UnknownField(f"must be fields that no interface has, unlike {name}")
    return type_name, field_name


@dataclass(slots=True)
class AuditedKey:
    """A response key: the audited fields that it can stand for, and the keys below it."""

    fields: set[AuditSubject] = field(default_factory=set)
    below: dict[str, AuditedKey] = field(default_factory=dict)


AuditedKeys: TypeAlias = Mapping[str, AuditedKey]


def audited_keys(schema: GraphQLSchema, document: DocumentNode, operation: str | None, fields: Fields) -> AuditedKeys:
    """Return the response keys that lead to audited fields in an operation's results."""
    node = get_operation_ast(document, operation)
    root = node and schema.get_root_type(node.operation)
    if node is None or root is None:
        return {}
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    sites: dict[str, AuditedKey] = {}
    _Walk(schema, fragments, fields).select(root, node.selection_set, sites)
    return _without_empty(sites)


def count(sites: AuditedKeys, data: Any, into: Counts) -> None:
    """Add the non-null values of an object to `into`."""
    for name, site in sites.items():
        value = data.get(name)
        if value is None:
            continue
        for each in site.fields:
            into[each] = into.get(each, 0) + 1
        if site.below:
            for item in _objects(value):
                count(site.below, item, into)


def _objects(value: Any) -> Iterator[Any]:
    """Yield an object, or each object of a nested list."""
    if isinstance(value, list):
        for item in value:
            yield from _objects(item)
    elif value is not None:
        yield value


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk through the selections of one document. The document's size is already bounded."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    fields: Fields

    def select(self, parent: Any, selections: SelectionSetNode, into: dict[str, AuditedKey]) -> None:
        """Add the response keys of a selection to `into`."""
        for each in selections.selections:
            if isinstance(each, FieldNode):
                self._field(parent, each, into)
                continue
            node: Any = self.fragments[each.name.value] if isinstance(each, FragmentSpreadNode) else each
            condition = node.type_condition
            self.select(self.schema.get_type(condition.name.value) if condition else parent, node.selection_set, into)

    def _field(self, parent: Any, node: FieldNode, into: dict[str, AuditedKey]) -> None:
        name = node.name.value
        definition = parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None
        if definition is None:  # a meta field such as __typename
            return
        site = into.setdefault(node.alias.value if node.alias else name, AuditedKey())
        if (parent.name, name) in self.fields:
            site.fields.add(AuditSubject(parent.name, name))
        if node.selection_set:
            self.select(get_named_type(definition.type), node.selection_set, site.below)


def _without_empty(sites: AuditedKeys) -> AuditedKeys:
    """Drop the keys that don't lead to an audited field."""
    pruned = {name: AuditedKey(site.fields, dict(_without_empty(site.below))) for name, site in sites.items()}
    return {name: site for name, site in pruned.items() if site.fields or site.below}
