"""Redactions: which values of a response policy has hidden, and why. Told in `extensions`, never in `errors`.

A path names a value as in `errors`. Where a field is hidden in every item of a list, one entry with "*" in the place of the index
stands for all of them, so that a page of hidden prices costs one line. Existence is never told: a hidden row leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from policies.reason import Reason

EVERY_ITEM: Final = "*"  # in the place of an index: every item of the list
Path = tuple[str | int, ...]
Of = TypeVar("Of")


class Redacted(NamedTuple):
    """A value that policy hides: the type and the field that it is of, as the schema names them, and why."""

    type: str
    field: str
    reason: Reason


Entry = tuple[Path, Redacted]


class Redactions:
    """What one response hides, noted while its fields are resolved."""

    def __init__(self) -> None:
        self._noted: list[Entry] = []
        self._folded: list[Entry] | None = None
        self._own: list[Entry] | None = None

    def add(self, path: Iterable[str | int], redacted: Redacted) -> None:
        """Note that the value at `path` is hidden."""
        self._noted.append((tuple(path), redacted))

    def settle(self, folded: list[Entry], own: list[Entry] | None = None) -> None:
        """Say that these are all redactions of the response, folded already. `own` are the viewer's, where others' are among them."""
        self._folded, self._own = folded, own

    def merge(self, entries: list[Entry], data: Mapping[str, Any] | None) -> None:
        """Add entries of other root fields of the same response."""
        places = {} if data is None else {key: place for place, key in enumerate(data)}
        found = [entry for entry in [*entries, *self.entries(data)] if entry[0][0] in places]
        self.settle(sorted(found, key=lambda entry: places[str(entry[0][0])]))

    def entries(self, data: Any) -> list[Entry]:
        """What is hidden in the response, in its order, lists folded."""
        if self._folded is None and (not self._noted or data is None):
            return []
        if self._folded is None:
            self._folded = _fold(data, self._noted)
        return self._folded

    def visible_in(self, data: Any) -> list[Entry]:
        """What is hidden from the viewer itself: without previews, whose redactions are those of whom they are made for."""
        return self.entries(data) if self._own is None else self._own

    def report(self, data: Any) -> list[dict[str, Any]]:
        """The entries for `extensions.redactions`."""
        return [{"path": list(path), "reason": str(redacted.reason)} for path, redacted in self.entries(data)]


def _fold(data: Any, entries: list[Entry]) -> list[Entry]:
    """The entries below `data`, whose paths are relative to it. What error propagation took away is not there any more."""
    below: dict[str | int, list[Entry]] = {}
    here: list[Entry] = []
    for path, redacted in entries:
        if path:
            below.setdefault(path[0], []).append((path[1:], redacted))
        else:
            here.append((path, redacted))
    if isinstance(data, dict):
        return [((name, *path), redacted) for name in data for path, redacted in _fold(data[name], below.get(name, []))]
    if isinstance(data, list):
        return _fold_list(data, below)
    return here if data is None else []


def _fold_list(items: list[Any], below: dict[str | int, list[Entry]]) -> list[Entry]:
    return fold([None if item is None else _fold(item, below.get(index, [])) for index, item in enumerate(items)])


def fold(items: Sequence[list[tuple[Path, Of]] | None]) -> list[tuple[Path, Of]]:
    """The entries of a list from those of its items, None for a null: what every item has as one with "*", the rest singly."""
    folded = {index: entries for index, entries in enumerate(items) if entries is not None}
    if not folded:
        return []
    everywhere = set.intersection(*(set(entries) for entries in folded.values()))
    first = next(iter(folded.values()))
    shared: list[tuple[Path, Of]] = [
        ((EVERY_ITEM, *path), redacted) for path, redacted in first if (path, redacted) in everywhere
    ]
    single: list[tuple[Path, Of]] = [
        ((index, *path), redacted)
        for index, entries in folded.items()
        for path, redacted in entries
        if (path, redacted) not in everywhere
    ]
    return shared + single
