"""An operation with previews in it, split into operations of its text: each preview, and the rest.

The text of a part is that of the whole with everything else blanked out, so that places in errors are places in what the client sent.
What is split has been validated and is within bounds; its parts are not validated again.
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
ARGUMENT: Final = "managedAccountId"  # which every preview has: its name leaves room for that of a type
BREAKS: Final = "\r\n"


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of an operation, each as long as the whole, and so made only when it is asked for.

    `previews` says where each preview is asked for first, by its key in the response.
    """

    operation: OperationDefinitionNode
    previews: dict[str, FieldNode]
    _scissors: _PreviewSplitter

    def rest(self) -> str:
        """The operation with the name of a type in the place of each preview, where it is selected at all."""
        return self._scissors.rest()

    def preview(self, key: str) -> str:
        """The text of the operation whose root fields are selected of a preview."""
        return self._scissors.preview(key)


def split(text: str, document: DocumentNode, name: str | None) -> Split | None:
    """The parts of an operation, None if it has no previews at its root."""
    operation = get_operation_ast(document, name)
    if operation is None:
        return None
    scissors = _PreviewSplitter(text, document, operation)
    nodes = {_key(node): node for node in reversed(scissors.previews)}
    if not nodes:
        return None
    return Split(operation, nodes, scissors)


class _PreviewSplitter:
    """What cuts one operation. Its roots are the selection sets that stand at its root: its own, and those of fragments."""

    def __init__(self, text: str, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self._text = text
        self._fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        self._keys: dict[str, frozenset[str]] = {}  # of the previews in a fragment
        self._of(operation.selection_set)
        leading = [self._fragments[name].selection_set for name, keys in self._keys.items() if keys]
        self._roots = [operation.selection_set, *leading]
        self.previews = [node for root in self._roots for node in _previews(root)]

    def rest(self) -> str:
        """The operation without previews: each is `__typename`, under the same key and the same conditions."""
        page = _MaskedText(self._text)
        for node in self.previews:
            page.blank(_end(node.name), _start(_condition(node)))
            page.blank(_start(node.selection_set), _end(node))
            if node.alias:
                page.blank(_start(node.name), _end(node.name))
                page.write(_start(node.name), "__typename")
            else:
                (argument,) = (each for each in node.arguments or () if each.name.value == ARGUMENT)
                page.write(_start(argument), ":__typename")
        return page.text

    def preview(self, key: str) -> str:
        """The operation with nothing at its root but what is selected of the previews under a key."""
        page = _MaskedText(self._text)
        for root in self._roots:
            if key in self._of(root):  # else it is spread in a preview alone
                self._keep(page, root, key)
        return page.text

    def _keep(self, page: _MaskedText, root: SelectionSetNode, key: str) -> None:
        """Blank out whatever does not lead to previews under a key, and make inline fragments of these."""
        for selection in root.selections:
            if key not in self._of_selection(selection):
                page.blank(_start(selection), _end(selection))
            elif isinstance(selection, FieldNode):
                page.blank(_start(selection), _start(_condition(selection)))
                page.write(_start(selection.name), "...")
            elif isinstance(selection, InlineFragmentNode):
                self._keep(page, selection.selection_set, key)

    def _of(self, root: SelectionSetNode) -> frozenset[str]:
        """The keys of the previews in a selection set, by whatever way."""
        return frozenset(key for selection in root.selections for key in self._of_selection(selection))

    def _of_selection(self, selection: SelectionNode) -> frozenset[str]:
        if isinstance(selection, FieldNode):
            return frozenset([_key(selection)] if selection.name.value == FIELD else ())
        if isinstance(selection, InlineFragmentNode):
            return self._of(selection.selection_set)
        assert isinstance(selection, FragmentSpreadNode)  # noqa: S101 (there is no fourth)
        name = selection.name.value
        if name not in self._keys:
            self._keys[name] = self._of(self._fragments[name].selection_set)
        return self._keys[name]


class _MaskedText:
    """A text in which letters are overwritten, and none ever moves to another place."""

    def __init__(self, text: str) -> None:
        self._letters = list(text)

    @property
    def text(self) -> str:
        """The text as it is now."""
        return "".join(self._letters)

    def blank(self, start: int, end: int) -> None:
        """Nothing from here to there; lines stay lines."""
        self._letters[start:end] = [each if each in BREAKS else " " for each in self._letters[start:end]]

    def write(self, start: int, letters: str) -> None:
        """Write where there is room."""
        self._letters[start : start + len(letters)] = letters


def _previews(root: SelectionSetNode) -> Iterator[FieldNode]:
    for selection in root.selections:
        if isinstance(selection, InlineFragmentNode):
            yield from _previews(selection.selection_set)
        elif isinstance(selection, FieldNode) and selection.name.value == FIELD:
            yield selection


def _key(node: FieldNode) -> str:
    """The key of a field in the response."""
    return (node.alias or node.name).value


def _condition(node: FieldNode) -> Node:
    """What comes after the arguments of a preview: its conditions, or else what is selected."""
    selected = node.selection_set
    assert selected is not None  # noqa: S101 (the document is valid)
    return node.directives[0] if node.directives else selected


def _start(node: Node | None) -> int:
    assert node is not None  # noqa: S101
    assert node.loc is not None  # noqa: S101 (documents are parsed with places)
    return node.loc.start


def _end(node: Node) -> int:
    assert node.loc is not None  # noqa: S101
    return node.loc.end
