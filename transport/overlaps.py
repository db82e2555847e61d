"""How many pairs of fields and fragments validation compares to find out whether selections can be merged.

Validation compares every two fields that share a name in the answer, and every two fragments that are spread beside each other. The
number of pairs grows with the square of the document, so it is counted before anything is validated. Counting takes time that is
linear in the pairs that it finds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


class TooManyPairs(Exception):
    """More pairs than validation may compare."""


def count_pairs(document: DocumentNode, most: int) -> int:
    """The number of pairs in all operations and fragments. Raises TooManyPairs if there are more than `most`."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    pairs = _Pairs(fragments, most)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            pairs.count([definition.selection_set])
    return most - pairs.left


class _Pairs:
    """Counts down from the most that is allowed. Each selection that is looked at counts as well, so the time is bounded."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], most: int) -> None:
        self._fragments = fragments
        self._known: set[tuple[int, ...]] = set()
        self.left = most

    def count(self, selected: Sequence[SelectionSetNode]) -> None:
        """Count the pairs in selection sets whose fields are merged. Raises TooManyPairs."""
        key = tuple(map(id, selected))
        if key in self._known:  # a fragment that is spread in several places; validation remembers it too
            return
        self._known.add(key)
        fields: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        self._collect(selected, fields, spread)
        self._spend(_pairs_of(len(spread)) + sum(_pairs_of(len(nodes)) for nodes in fields.values()))
        for nodes in fields.values():
            inner = [each.selection_set for each in nodes if each.selection_set is not None]
            if inner:
                self.count(inner)

    def _collect(self, selected: Sequence[SelectionSetNode], fields: dict[str, list[FieldNode]], spread: set[str]) -> None:
        """Add the fields by their names in the answer, and the names of the fragments that are spread."""
        waiting = list(selected)
        while waiting:
            for each in waiting.pop().selections:
                if isinstance(each, FieldNode):
                    fields.setdefault((each.alias or each.name).value, []).append(each)
                elif isinstance(each, InlineFragmentNode):
                    waiting.append(each.selection_set)
                elif isinstance(each, FragmentSpreadNode) and each.name.value not in spread:
                    spread.add(each.name.value)
                    if (fragment := self._fragments.get(each.name.value)) is not None:
                        waiting.append(fragment.selection_set)

    def _spend(self, pairs: int) -> None:
        self.left -= pairs
        if self.left < 0:
            raise TooManyPairs


def _pairs_of(number: int) -> int:
    return number * (number - 1) // 2
