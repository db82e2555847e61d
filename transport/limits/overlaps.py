"""Counts the pairs of fields and fragments that validation compares to find out whether selections can be merged.

Validation compares every two fields that share a response name, and every two fragments spread in the same selection set. The
number of pairs grows with the square of the document's size, so it is counted before validation. Counting itself takes a bounded
number of steps.
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

STEPS_PER_PAIR: Final = 10  # steps per allowed pair


class TooManyPairs(Exception):
    """Validation would compare too many pairs."""


def count_pairs(document: DocumentNode, limit: int) -> int:
    """Return the number of pairs in all operations and fragments. Raises TooManyPairs above `limit`."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    pairs = _Pairs(fragments, limit)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            pairs.count([definition.selection_set])
    return len(pairs.found)


class _Pairs:
    """Finds the pairs. Fragments can reach the same pair in many ways; each visit counts as a step."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], limit: int) -> None:
        self._fragments = fragments
        self._known: set[tuple[int, ...]] = set()
        self._limit = limit
        self._steps = STEPS_PER_PAIR * limit
        self.found: set[tuple[int, int]] = set()

    def count(self, selected: Sequence[SelectionSetNode]) -> None:
        """Count the pairs in selection sets that are merged. Raises TooManyPairs."""
        key = tuple(map(id, selected))
        if key in self._known:  # a fragment spread in several places; validation caches it too
            return
        self._known.add(key)
        fields, spread = merge_selections(selected, self._fragments)
        groups: list[Sequence[Node]] = [list(spread.values()), *fields.values()]
        for alike in groups:
            self._add(alike)
        for nodes in fields.values():
            inner = [each.selection_set for each in nodes if each.selection_set is not None]
            if inner:
                self.count(inner)

    def _add(self, alike: Sequence[Node]) -> None:
        """Add every pair of nodes. Raises TooManyPairs."""
        self._steps -= len(alike) * (len(alike) - 1) // 2
        if self._steps < 0:
            raise TooManyPairs
        numbers = sorted(map(id, alike))
        self.found.update(combinations(numbers, 2))
        if len(self.found) > self._limit:
            raise TooManyPairs


def merge_selections(
    selected: Sequence[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[Mapping[str, Sequence[FieldNode]], Mapping[str, FragmentSpreadNode | FragmentDefinitionNode]]:
    """Merge selection sets. Return the fields by response name, and each spread fragment once, or its spread if it's unknown."""
    fields: dict[str, list[FieldNode]] = {}
    spread: dict[str, FragmentSpreadNode | FragmentDefinitionNode] = {}
    waiting = list(selected)
    while waiting:
        for each in waiting.pop().selections:
            if isinstance(each, FieldNode):
                fields.setdefault((each.alias or each.name).value, []).append(each)
            elif isinstance(each, InlineFragmentNode):
                waiting.append(each.selection_set)
            elif isinstance(each, FragmentSpreadNode) and each.name.value not in spread:
                fragment = fragments.get(each.name.value)
                spread[each.name.value] = fragment or each
                waiting += _unvisited(fragment, selected)
    return fields, spread


def _unvisited(fragment: FragmentDefinitionNode | None, visited: Sequence[SelectionSetNode]) -> list[SelectionSetNode]:
    """Return the selection set of a fragment, unless the fragment is unknown or its set is being visited."""
    if fragment is None or any(fragment.selection_set is each for each in visited):
        return []
    return [fragment.selection_set]
