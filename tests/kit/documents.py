"""The GraphQL documents in the kit's sources. Tests that ask what the elements ask take a new document by itself.

Each document is one operation, with its fragments in place of their spreads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    get_named_type,
    is_required_input_field,
    parse,
    print_ast,
    type_from_ast,
    visit,
)

from tests.schema.outline import SCHEMA, object_type

SOURCES: Final = Path(__file__).parents[2] / "portal" / "kit" / "src"
MARK: Final = "/* GraphQL */"
TEMPLATE: Final = re.compile(r"^const (\w+) = (?:gql<[^`]*>\()?/\* GraphQL \*/ `([^`]*)`", re.MULTILINE)
NESTED: Final = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Document:
    """An operation of the kit."""

    operation: OperationDefinitionNode

    @property
    def name(self) -> str:
        """The operation's name, which is unique in the kit."""
        assert self.operation.name is not None
        return self.operation.name.value

    @property
    def text(self) -> str:
        """The operation as GraphQL."""
        return print_ast(self.operation)

    @property
    def root(self) -> FieldNode:
        """Its first root field."""
        field = self.operation.selection_set.selections[0]
        assert isinstance(field, FieldNode)
        return field

    @property
    def selection(self) -> str:
        """What it selects of its first root field."""
        assert self.root.selection_set is not None
        return print_ast(self.root.selection_set)

    def variables(self, fill: Callable[[Any], Any]) -> dict[str, Any]:
        """Return values for its required variables."""
        kinds = {
            each.variable.name.value: type_from_ast(SCHEMA, each.type) for each in self.operation.variable_definitions or ()
        }
        return {name: fill(kind) for name, kind in kinds.items() if str(kind).endswith("!")}


class _InPlace(Visitor):
    """Replaces spreads by the fragments that they name."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        super().__init__()
        self.fragments = fragments

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> InlineFragmentNode:
        """Return the fragment's selection, in which there can be spreads too."""
        fragment = self.fragments[node.name.value]
        return InlineFragmentNode(
            type_condition=fragment.type_condition, directives=node.directives, selection_set=fragment.selection_set
        )


def _documents(source: str) -> Iterator[DocumentNode]:
    """Yield the documents of a module, with what they interpolate. Fragments alone are none."""
    templates = dict(TEMPLATE.findall(source))
    assert len(templates) == source.count(MARK), "Write each document as: const NAME = gql<…>(/* GraphQL */ `…`);"
    for text in templates.values():
        while NESTED.search(text):
            text = NESTED.sub(lambda nested: templates[nested[1]], text)
        document = parse(text)
        if any(isinstance(each, OperationDefinitionNode) for each in document.definitions):
            yield document


def _operation(document: DocumentNode) -> Document:
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    (operation,) = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    return Document(visit(operation, _InPlace(fragments)))


def _of(kind: OperationType) -> tuple[Document, ...]:
    return tuple(each for each in DOCUMENTS if each.operation.operation is kind)


def _event(subscription: Document) -> str:
    """Return a query for what an event would carry about records."""
    kind = get_named_type(object_type("Subscription").fields[subscription.root.name.value].type)
    return f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename ... on {kind} {subscription.selection} }} }}"


def example(kind: Any, named: str) -> Any:
    """Return a value of an input type with its required fields. `named` is in place of each ID."""
    while hasattr(kind, "of_type"):
        kind = kind.of_type
    if hasattr(kind, "fields"):
        return {name: example(field.type, named) for name, field in kind.fields.items() if is_required_input_field(field)}
    return next(iter(kind.values)) if hasattr(kind, "values") else {"ID": named, "Int": 1}.get(kind.name, "2030-01-01")


DOCUMENTS: Final = tuple(
    _operation(document)
    for path in sorted(SOURCES.rglob("*.ts"))
    if path.name != "gql.ts"
    for document in _documents(path.read_text("utf-8"))
)
QUERIES: Final = _of(OperationType.QUERY)
CARRIED: Final = tuple(_event(each) for each in _of(OperationType.SUBSCRIPTION))
PAYLOADS: Final = {each.root.name.value: each.selection for each in _of(OperationType.MUTATION)}
