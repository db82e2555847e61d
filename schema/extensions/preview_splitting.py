"""Splits an operation with previews into separate operations: one for each preview, and one for the rest.

The text of a part is the original text with everything else blanked out, so that error locations match what the client sent.
The document is already validated and within limits; its parts aren't validated again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_operation_ast,
)

FIELD: Final = "previewSettings"
ARGUMENT: Final = "managedAccountId"  # required in every preview, and long enough to be overwritten by `:__typename`
BREAKS: Final = "\r\n"


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of an operation. Each is as long as the whole text, so it's built only on request.

    `previews` maps each preview's response key to its first field node.
    """

    operation: OperationDefinitionNode
    previews: dict[str, FieldNode]
    _splitter: _PreviewSplitter

    def rest(self) -> str:
        """Return the operation with each preview replaced by `__typename`."""
        return self._splitter.rest()

    def preview(self, key: str) -> str:
        """Return the operation whose root fields are those selected in a preview."""
        return self._splitter.preview(key)


def split(text: str, document: DocumentNode, name: str | None) -> Split | None:
    """Split an operation. None if it has no previews at its root."""
    operation = get_operation_ast(document, name)
    if operation is None:
        return None
    splitter = _PreviewSplitter(text, document, operation)
    nodes = {_key(node): node for node in reversed(splitter.previews)}
    if not nodes:
        return None
    return Split(operation, nodes, splitter)


class _PreviewSplitter:
    """Splits one operation. Its roots are the selection sets at its root: its own, and those of fragments spread there."""

    def __init__(self, text: str, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self._text = text
        self._fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        self._keys: dict[str, frozenset[str]] = {}  # preview keys by fragment name
        self._preview_keys(operation.selection_set)
        leading = [self._fragments[name].selection_set for name, keys in self._keys.items() if keys]
        self._roots = [operation.selection_set, *leading]
        self.previews = [node for root in self._roots for node in _previews(root)]

    def rest(self) -> str:
        """Return the operation without previews: each becomes `__typename` with the same key and conditions."""
        masked = _MaskedText(self._text)
        for node in self.previews:
            masked.blank(_end(node.name), _start(_condition(node)))
            masked.blank(_start(node.selection_set), _end(node))
            if node.alias:
                masked.blank(_start(node.name), _end(node.name))
                masked.write(_start(node.name), "__typename")
            else:
                (argument,) = (each for each in node.arguments or () if each.name.value == ARGUMENT)
                masked.write(_start(argument), ":__typename")
        return masked.text

    def preview(self, key: str) -> str:
        """Return the operation with only the selections of the previews under a key at its root."""
        masked = _MaskedText(self._text)
        for root in self._roots:
            if key in self._preview_keys(root):  # otherwise it's spread only inside a preview
                self._keep(masked, root, key)
        return masked.text

    def _keep(self, masked: _MaskedText, root: SelectionSetNode, key: str) -> None:
        """Blank out what doesn't lead to previews under a key, and turn those previews into inline fragments."""
        for selection in root.selections:
            if key not in self._keys_of_selection(selection):
                masked.blank(_start(selection), _end(selection))
            elif isinstance(selection, FieldNode):
                masked.blank(_start(selection), _start(_condition(selection)))
                masked.write(_start(selection.name), "...")
            elif isinstance(selection, InlineFragmentNode):
                self._keep(masked, selection.selection_set, key)

    def _preview_keys(self, root: SelectionSetNode) -> frozenset[str]:
        """Return the keys of the previews in a selection set, directly or through fragments."""
        return frozenset(key for selection in root.selections for key in self._keys_of_selection(selection))

    def _keys_of_selection(self, selection: SelectionNode) -> frozenset[str]:
        if isinstance(selection, FieldNode):
            return frozenset([_key(selection)] if selection.name.value == FIELD else ())
        if isinstance(selection, InlineFragmentNode):
            return self._preview_keys(selection.selection_set)
        assert isinstance(selection, FragmentSpreadNode)  # noqa: S101 (there is no fourth kind)
        name = selection.name.value
        if name not in self._keys:
            self._keys[name] = self._preview_keys(self._fragments[name].selection_set)
        return self._keys[name]


class _MaskedText:
    """A text whose characters can be overwritten but never move."""

    def __init__(self, text: str) -> None:
        self._characters = list(text)

    @property
    def text(self) -> str:
        """Return the current text."""
        return "".join(self._characters)

    def blank(self, start: int, end: int) -> None:
        """Overwrite a range with spaces, keeping line breaks."""
        self._characters[start:end] = [each if each in BREAKS else " " for each in self._characters[start:end]]

    def write(self, start: int, characters: str) -> None:
        """Overwrite characters from `start`. The caller makes sure that there is room."""
        self._characters[start : start + len(characters)] = characters


def _previews(root: SelectionSetNode) -> Iterator[FieldNode]:
    for selection in root.selections:
        if isinstance(selection, InlineFragmentNode):
            yield from _previews(selection.selection_set)
        elif isinstance(selection, FieldNode) and selection.name.value == FIELD:
            yield selection


def _key(node: FieldNode) -> str:
    """Return the response key of a field."""
    return (node.alias or node.name).value


def _condition(node: FieldNode) -> Node:
    """Return the node after a preview's arguments: its first directive, or its selection set."""
    selected = node.selection_set
    assert selected is not None  # noqa: S101 (the document is valid)
    return node.directives[0] if node.directives else selected


def _start(node: Node | None) -> int:
    assert node is not None  # noqa: S101
    assert node.loc is not None  # noqa: S101 (documents are parsed with locations)
    return node.loc.start


def _end(node: Node) -> int:
    assert node.loc is not None  # noqa: S101
    return node.loc.end
