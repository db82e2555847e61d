"""Counts what introspection returns, before it runs, by the real number of types, fields, arguments and enum values.

graphql-core's resolvers walk the full schema, including parts that a viewer's schema leaves out, and deprecated elements count
too. Each selection is counted once per type that it is reached from, and the number of steps is bounded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    SelectionSetNode,
    StringValueNode,
    get_named_type,
    is_object_type,
)
from graphql.type import SchemaMetaFieldDef, TypeMetaFieldDef

FIELDS: Final[Mapping[str, GraphQLField]] = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
DEPRECATED: Final = "includeDeprecated"


class IntrospectionTooBig(Exception):
    """Counting needs too many steps."""


class Count(NamedTuple):
    """The objects in a response, and its values: each selected field of each object."""

    objects: int
    values: int


class _Selected(NamedTuple):
    """A selection set: its number of leaves, and its fields that return objects or lists of objects."""

    leaves: int
    inner: list[tuple[Any, dict[str, bool], _Selected]]  # resolver, arguments, selection


class IntrospectionCounter:
    """Counts the introspection of one document in at most `max_steps` steps. Its width must already be within bounds."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], max_steps: int) -> None:
        self._schema = schema
        self._fragments = fragments
        self._left = max_steps
        self._info = SimpleNamespace(schema=schema)
        self._selected: dict[int, _Selected] = {}
        self._counted: dict[tuple[int, int], Count] = {}

    def count(self, node: FieldNode) -> Count:
        """Count what an introspection root field returns. Raises IntrospectionTooBig."""
        if node.selection_set is None:
            return Count(0, 1)
        kind: Any = get_named_type(FIELDS[node.name.value].type)
        selected = self._select(kind, node.selection_set)
        counts = [self._below(selected, element) for element in self._elements(node)]
        objects = max((count.objects for count in counts), default=0)
        values = max((count.values for count in counts), default=0)
        return Count(objects + 1, values + 1)

    def _elements(self, node: FieldNode) -> Iterable[Any]:
        """Return what a root field may return: the schema, the named type, or every type if a variable names it."""
        if FIELDS[node.name.value] is SchemaMetaFieldDef:
            return [self._schema]
        name = next((each.value for each in node.arguments or () if each.name.value == "name"), None)
        if not isinstance(name, StringValueNode):
            return list(self._schema.type_map.values())
        named = self._schema.get_type(name.value)
        return [] if named is None else [named]

    def _select(self, kind: GraphQLObjectType, selections: SelectionSetNode) -> _Selected:
        if (selected := self._selected.get(id(selections))) is None:
            selected = self._selected[id(selections)] = _Selected(0, [])  # validation rejects a recursive fragment
            leaves, inner = self._flat(kind, selections)
            selected = self._selected[id(selections)] = _Selected(leaves, inner)
        return selected

    def _flat(self, kind: GraphQLObjectType, selections: SelectionSetNode) -> tuple[int, list[Any]]:
        leaves, inner = 0, []
        for each in selections.selections:
            if isinstance(each, FieldNode):
                field = kind.fields.get(each.name.value)
                named = get_named_type(field.type) if field else None
                if field is not None and each.selection_set is not None and is_object_type(named):
                    arguments = {DEPRECATED: True} if DEPRECATED in field.args else {}
                    inner.append((field.resolve, arguments, self._select(named, each.selection_set)))
                else:
                    leaves += 1
            elif (body := self._body(each)) is not None:
                nested = self._select(kind, body)
                leaves += nested.leaves
                inner += nested.inner
        return leaves, inner

    def _body(self, node: Any) -> SelectionSetNode | None:
        """Return the selection set of a fragment."""
        if isinstance(node, FragmentSpreadNode):
            fragment = self._fragments.get(node.name.value)
            return None if fragment is None else fragment.selection_set
        body: SelectionSetNode = node.selection_set
        return body

    def _below(self, selected: _Selected, element: Any) -> Count:
        """Count a selection of one element. Only types are cached: every other element is reached from one type only."""
        self._left -= 1 + len(selected.inner)
        if self._left < 0:
            raise IntrospectionTooBig
        key = (id(selected.inner), id(element))
        if isinstance(element, GraphQLType) and (cached := self._counted.get(key)) is not None:
            return cached
        objects, values = 0, selected.leaves
        for resolve, arguments, inner in selected.inner:
            below = self._all(inner, _children(resolve(element, self._info, **arguments)))
            objects, values = objects + below.objects, values + 1 + below.values
        counted = Count(objects, values)
        if isinstance(element, GraphQLType):
            self._counted[key] = counted
        return counted

    def _all(self, selected: _Selected, elements: Collection[Any]) -> Count:
        """Count a selection of all elements of a list."""
        if not selected.inner:
            return Count(len(elements), len(elements) * selected.leaves)
        counts = [self._below(selected, element) for element in elements]
        return Count(len(counts) + sum(count.objects for count in counts), sum(count.values for count in counts))


def _children(value: Any) -> Collection[Any]:
    """Return the objects of a value: itself, or the items of a list. A (name, field) pair is one object, a schema field."""
    if value is None:
        return ()
    return (value,) if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) else _listed(value)


def _listed(value: Any) -> Collection[Any]:
    return (value,) if isinstance(value, GraphQLType | GraphQLSchema) else value
