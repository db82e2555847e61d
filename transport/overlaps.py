"""How many pairs of fields and fragments validation compares to find out whether selections can be merged.

Validation compares every two fields that share a name in the answer, and every two fragments that are spread beside each other. The
number of pairs grows with the square of the document, so it is counted before anything is validated. Counting takes a bounded
number of steps, whatever the document is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
)

STEPS: Final = 10  # looks at a pair, for each pair that is allowed


class TooManyPairs(Exception):
    """More pairs than validation may compare."""


def count_pairs(document: DocumentNode, most: int) -> int:
    """The number of pairs in all operations and fragments. Raises TooManyPairs if there are more than `most`."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    pairs = _Pairs(fragments, most)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            pairs.count([definition.selection_set])
    return len(pairs.found)


class _Pairs:
    """Finds the pairs. Fragments lead to the same pair in many ways, and looking at it again counts as a step."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], most: int) -> None:
        self._fragments = fragments
        self._known: set[tuple[int, ...]] = set()
        self._most = most
        self._steps = STEPS * most
        self.found: set[tuple[int, int]] = set()

    def count(self, selected: Sequence[SelectionSetNode]) -> None:
        """Count the pairs in selection sets whose fields are merged. Raises TooManyPairs."""
        key = tuple(map(id, selected))
        if key in self._known:  # a fragment that is spread in several places; validation remembers it too
            return
        self._known.add(key)
        fields: dict[str, list[FieldNode]] = {}
        spread: dict[str, FragmentSpreadNode | FragmentDefinitionNode] = {}
        self._collect(selected, fields, spread)
        groups: list[Sequence[Node]] = [list(spread.values()), *fields.values()]
        for alike in groups:
            self._add(alike)
        for nodes in fields.values():
            inner = [each.selection_set for each in nodes if each.selection_set is not None]
            if inner:
                self.count(inner)

    def _collect(
        self,
        selected: Sequence[SelectionSetNode],
        fields: dict[str, list[FieldNode]],
        spread: dict[str, FragmentSpreadNode | FragmentDefinitionNode],
    ) -> None:
        """Add the fields by their names in the answer, and the fragments that are spread."""
        waiting = list(selected)
        while waiting:
            for each in waiting.pop().selections:
                if isinstance(each, FieldNode):
                    fields.setdefault((each.alias or each.name).value, []).append(each)
                elif isinstance(each, InlineFragmentNode):
                    waiting.append(each.selection_set)
                elif isinstance(each, FragmentSpreadNode) and each.name.value not in spread:
                    fragment = self._fragments.get(each.name.value)
                    spread[each.name.value] = fragment or each
                    if fragment is not None and not any(fragment.selection_set is known for known in selected):
                        waiting.append(fragment.selection_set)

    def _add(self, alike: Sequence[Node]) -> None:
        """Add every pair of some nodes."""
        self._steps -= len(alike) * (len(alike) - 1) // 2
        if self._steps < 0:
            raise TooManyPairs
        numbers = sorted(map(id, alike))
        self.found.update(combinations(numbers, 2))
        if len(self.found) > self._most:
            raise TooManyPairs
