"""The root fields of a query, in response order, and documents that select only some of them.

The nodes of such a document are those of the original, so locations in errors refer to what the client sent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from graphql import (
    DocumentNode,
    Executor,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Visitor,
    get_operation_ast,
    visit,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields

from resolvers.execution.conditions import variables

INTROSPECTION: Final = frozenset(("__schema", "__type"))


@dataclass(frozen=True, slots=True)
class Roots:
    """The selected root fields of an operation, by their keys in the answer."""

    document: DocumentNode
    operation: OperationDefinitionNode
    fields: Mapping[str, Sequence[FieldDetails]]

    def introspection(self) -> tuple[str, ...]:
        """Return the keys of the root fields that query the schema."""
        return tuple(key for key, details in self.fields.items() if details[0].node.name.value in INTROSPECTION)

    def only(self, keys: Collection[str]) -> DocumentNode:
        """Return a document that requests only these, in the same order. It declares only the variables that it uses."""
        nodes = [each.node for key, details in self.fields.items() if key in keys for each in details]
        fragments = _spread(self.document, nodes)
        used = {name for node in (self.operation, *nodes, *fragments) for name in _used(node)}
        declared = tuple(each for each in self.operation.variable_definitions or () if each.variable.name.value in used)
        selected = SelectionSetNode(selections=tuple(nodes), loc=self.operation.selection_set.loc)
        operation = replace(self.operation, selection_set=selected, variable_definitions=declared)
        return DocumentNode(definitions=(operation, *fragments), loc=self.document.loc)


def roots(schema: GraphQLSchema, document: DocumentNode, name: str | None, raw: Mapping[str, Any]) -> Roots | None:
    """Return the root fields of a query with these variables, or None if it isn't a query or a variable has the wrong type."""
    operation = get_operation_ast(document, name)
    root = schema.query_type
    if operation is None or root is None or operation.operation is not OperationType.QUERY:
        return None
    executor = Executor.build(schema, document, raw_variable_values=dict(raw), operation_name=name)
    if isinstance(executor, list):
        return None
    collected = collect_fields(schema, executor.fragments, executor.variable_values, root, operation)
    return Roots(document, operation, collected.grouped_field_set)


def merged(order: Collection[str], *parts: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Merge the data of an answer's parts. Return None if a part is null."""
    known: dict[str, Any] = {}
    for part in parts:
        if part is None:
            return None
        known.update(part)
    return {key: known[key] for key in order}


def _used(node: Node) -> Sequence[str]:
    """Return the variables of a node; for an operation, those of its directives."""
    if not isinstance(node, OperationDefinitionNode):
        return variables(node)
    return [name for directive in node.directives or () for name in variables(directive)]


def _spread(document: DocumentNode, nodes: Sequence[FieldNode]) -> Sequence[FragmentDefinitionNode]:
    """Return the fragments that nodes spread, directly or indirectly, in the order of the document."""
    known = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    found: dict[str, FragmentDefinitionNode] = {}

    class Finder(Visitor):
        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
            name = node.name.value
            if name in known and name not in found:
                found[name] = known[name]
                visit(known[name], self)

    for node in nodes:
        visit(node, Finder())
    return [each for name, each in known.items() if name in found]
