"""How much introspection answers, counted before it runs, by the real number of types, fields, arguments and enum values.

The resolvers of graphql-core find the parts of the full schema, some of which a viewer's schema leaves out; what is deprecated
is counted too. A selection is counted once for each type that it is reached from, and the number of steps is bounded.
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
    """More steps than counting may take."""


class Count(NamedTuple):
    """Objects of an answer, and values: each selected field of each object."""

    objects: int
    values: int


class _Selected(NamedTuple):
    """A selection set: how many leaves it has, and its fields that are objects or lists of them."""

    leaves: int
    inner: list[tuple[Any, dict[str, bool], _Selected]]  # resolver, arguments, selection


class IntrospectionCounter:
    """Counts the introspection of one document, whose width is known to be within bounds, in `most` steps."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], most: int) -> None:
        self._schema = schema
        self._fragments = fragments
        self._left = most
        self._info = SimpleNamespace(schema=schema)
        self._selected: dict[int, _Selected] = {}
        self._counted: dict[tuple[int, int], Count] = {}

    def count(self, node: FieldNode) -> Count:
        """What a root field answers. Raises TooMuch."""
        if node.selection_set is None:
            return Count(0, 1)
        kind: Any = get_named_type(FIELDS[node.name.value].type)
        selected = self._select(kind, node.selection_set)
        found = [self._below(selected, element) for element in self._elements(node)]
        objects, values = max((each.objects for each in found), default=0), max((each.values for each in found), default=0)
        return Count(objects + 1, values + 1)

    def _elements(self, node: FieldNode) -> Iterable[Any]:
        """What a root field may be: the schema, the type that is named, or any type where a variable names it."""
        if FIELDS[node.name.value] is SchemaMetaFieldDef:
            return [self._schema]
        name = next((each.value for each in node.arguments or () if each.name.value == "name"), None)
        if not isinstance(name, StringValueNode):
            return list(self._schema.type_map.values())
        named = self._schema.get_type(name.value)
        return [] if named is None else [named]

    def _select(self, kind: GraphQLObjectType, selections: SelectionSetNode) -> _Selected:
        if (known := self._selected.get(id(selections))) is None:
            known = self._selected[id(selections)] = _Selected(0, [])  # a fragment that spreads itself is refused
            leaves, inner = self._flat(kind, selections)
            known = self._selected[id(selections)] = _Selected(leaves, inner)
        return known

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
        """The selections of a fragment."""
        if isinstance(node, FragmentSpreadNode):
            fragment = self._fragments.get(node.name.value)
            return None if fragment is None else fragment.selection_set
        body: SelectionSetNode = node.selection_set
        return body

    def _below(self, selected: _Selected, element: Any) -> Count:
        """The count of a selection of one element, which is kept for types: elements of other kinds are reached from one type."""
        self._left -= 1 + len(selected.inner)
        if self._left < 0:
            raise IntrospectionTooBig
        key = (id(selected.inner), id(element))
        if isinstance(element, GraphQLType) and (known := self._counted.get(key)) is not None:
            return known
        objects, values = 0, selected.leaves
        for resolve, arguments, inner in selected.inner:
            below = self._all(inner, _children(resolve(element, self._info, **arguments)))
            objects, values = objects + below.objects, values + 1 + below.values
        counted = Count(objects, values)
        if isinstance(element, GraphQLType):
            self._counted[key] = counted
        return counted

    def _all(self, selected: _Selected, elements: Collection[Any]) -> Count:
        """The count of a selection of all elements of a list."""
        if not selected.inner:
            return Count(len(elements), len(elements) * selected.leaves)
        found = [self._below(selected, element) for element in elements]
        return Count(len(found) + sum(each.objects for each in found), sum(each.values for each in found))


def _children(value: Any) -> Collection[Any]:
    """The objects of a value: one, or those of a list. A field of the schema is a pair, which is one object."""
    if value is None:
        return ()
    return (value,) if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) else _listed(value)


def _listed(value: Any) -> Collection[Any]:
    return (value,) if isinstance(value, GraphQLType | GraphQLSchema) else value
