"""Redactions: the values of a response that policy has hidden, with the reasons. Reported in `extensions`, never in `errors`.

A path identifies a value, as in `errors`. If a field is hidden in every item of a list, one entry with "*" in place of the
index covers all of them, so that a page of hidden prices takes one entry. Existence is never revealed: a hidden row leaves no
trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from policies.reason import Reason
from telemetry import metrics

EVERY_ITEM: Final = "*"  # in place of an index: every item of the list
COUNTS: Final = metrics.REDACTIONS.every(Reason)
Path = tuple[str | int, ...]
Of = TypeVar("Of")


class Redacted(NamedTuple):
    """A value that policy hides: its type and field, as the schema names them, and the reason."""

    type: str
    field: str
    reason: Reason


Entry = tuple[Path, Redacted]


class Redactions:
    """The redactions of one response, collected while its fields are resolved."""

    def __init__(self) -> None:
        self._noted: list[Entry] = []
        self._folded: list[Entry] | None = None
        self._viewers_own: list[Entry] | None = None

    def add(self, path: Iterable[str | int], redacted: Redacted) -> None:
        """Record that the value at `path` is hidden."""
        self._noted.append((tuple(path), redacted))

    def settle(self, folded: list[Entry], viewers_own: list[Entry] | None = None) -> None:
        """Set all redactions of the response, already folded.

        `viewers_own` are those of the viewer, if the response contains previews, which have redactions of other viewers.
        """
        self._folded, self._viewers_own = folded, viewers_own

    def merge(self, entries: list[Entry], data: Mapping[str, Any] | None) -> None:
        """Add entries of other root fields of the same response."""
        positions = {} if data is None else {key: position for position, key in enumerate(data)}
        merged = [entry for entry in [*entries, *self.entries(data)] if entry[0][0] in positions]
        self.settle(sorted(merged, key=lambda entry: positions[str(entry[0][0])]))

    def entries(self, data: Any) -> list[Entry]:
        """Return the redactions of the response in its order, with lists folded."""
        if self._folded is None and (not self._noted or data is None):
            return []
        if self._folded is None:
            self._folded = _fold(data, self._noted)
        return self._folded

    def visible_in(self, data: Any) -> list[Entry]:
        """Return what is hidden from the viewer itself, without the redactions of previews."""
        return self.entries(data) if self._viewers_own is None else self._viewers_own

    def report(self, data: Any) -> list[dict[str, Any]]:
        """Return the entries for `extensions.redactions`."""
        return [{"path": list(path), "reason": str(redacted.reason)} for path, redacted in self.entries(data)]

    def count(self, data: Any) -> None:
        """Count the entries in the metrics."""
        for _, redacted in self.entries(data):
            COUNTS[redacted.reason].value += 1


def _fold(data: Any, entries: list[Entry]) -> list[Entry]:
    """Fold the entries below `data`; their paths are relative to it. Drop entries for values that error propagation removed."""
    nested: dict[str | int, list[Entry]] = {}
    here: list[Entry] = []
    for path, redacted in entries:
        if path:
            nested.setdefault(path[0], []).append((path[1:], redacted))
        else:
            here.append((path, redacted))
    if isinstance(data, dict):
        return [((name, *path), redacted) for name in data for path, redacted in _fold(data[name], nested.get(name, []))]
    if isinstance(data, list):
        return _fold_list(data, nested)
    return here if data is None else []


def _fold_list(items: list[Any], nested: dict[str | int, list[Entry]]) -> list[Entry]:
    return fold([None if item is None else _fold(item, nested.get(index, [])) for index, item in enumerate(items)])


def fold(items: Sequence[Sequence[tuple[Path, Of]] | None]) -> list[tuple[Path, Of]]:
    """Fold the entries of a list's items; None stands for a null item.

    An entry that every item has becomes one entry with "*". The others keep their index.
    """
    folded = {index: entries for index, entries in enumerate(items) if entries is not None}
    if not folded:
        return []
    everywhere = set.intersection(*map(set, set(map(tuple, folded.values()))))
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
