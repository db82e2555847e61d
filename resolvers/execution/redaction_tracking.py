"""Redaction tracking: where a response can have hidden values. Trackers are built with the plan: only their places are visited.

What every row hides is known in advance. If the row decides, generated code leaves a `HiddenMarker` in place of the value; the
tracker reports it and replaces it with null.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from resolvers.reading.redactions import Entry, Redacted, fold


class HiddenMarker:
    """Stands in for a hidden value until its tracker has reported it."""

    __slots__ = ("redacted",)

    def __init__(self, redacted: Redacted) -> None:
        self.redacted = redacted


class SentItems:
    """Stands in for the items of a list that have been sent already. `hidden` has the redactions of each item."""

    def __init__(self) -> None:
        self.hidden: list[Sequence[Entry]] = []
        self._same: dict[Sequence[Entry], Sequence[Entry]] = {}

    def add(self, hidden: Sequence[Sequence[Entry]]) -> None:
        """Add the redactions of items. Equal ones are kept once, because a page can have many items."""
        same = self._same
        self.hidden += [same.setdefault(entries, entries) for entries in map(tuple, hidden)]


class RedactionPass:
    """Collects the redactions of one response. `typed` maps objects of abstract types, by identity, to their trackers."""

    def __init__(self) -> None:
        self.hidden = False  # whether any row has hidden a value
        self.typed: dict[int, RedactionTracker] = {}
        self._markers: list[tuple[dict[str, Any], str]] = []

    def collect(self, tracker: RedactionTracker | None, response: Any) -> list[Entry]:
        """Return the redactions of a response, and replace its markers with null."""
        if tracker is None or not (self.hidden or tracker.always or self.typed):
            return []
        entries = tracker.entries(response, self)
        self._replace_markers()
        return entries

    def collect_items(self, tracker: RedactionTracker | None, items: Sequence[Any]) -> Sequence[Sequence[Entry]]:
        """Return the redactions of each item of a part of a list, and replace the items' markers with null."""
        if tracker is None or not (self.hidden or tracker.always):
            return [()] * len(items)
        if tracker.constant is not None:
            return [tracker.constant] * len(items)
        entries = [tracker.entries(item, self) for item in items]
        self._replace_markers()
        self._markers.clear()
        return entries

    def _replace_markers(self) -> None:
        for holder, name in self._markers:  # last, because an object can be in several places
            holder[name] = None

    def mark(self, holder: dict[str, Any], name: str) -> None:
        """Note that a holder has a HiddenMarker to be replaced."""
        self._markers.append((holder, name))


class RedactionTracker(ABC):
    """A place of a response at or below which values can be hidden."""

    constant: Sequence[Entry] | None = None
    """The redactions, if they are the same for every value except null."""
    always = True
    """Whether there can be redactions even if no row has hidden a value."""
    never_null = False
    """Whether the tracked value is never null."""

    @abstractmethod
    def entries(self, value: Any, redaction_pass: RedactionPass) -> list[Entry]:
        """Return the redactions at and below a value, with paths relative to it."""


class ConstantTracker(RedactionTracker):
    """A place that every row hides for the same reason."""

    def __init__(self, redacted: Redacted) -> None:
        self.constant = [((), redacted)]
        self.never_null = True  # what it tracks is the null itself

    def entries(self, value: Any, redaction_pass: RedactionPass) -> list[Entry]:  # noqa: ARG002
        """Return the one redaction."""
        return list(self.constant or ())


class PerRowTracker(RedactionTracker):
    """A place that some rows hide. `below` tracks the values that the other rows show there."""

    def __init__(self, below: RedactionTracker | None) -> None:
        self._below = below
        self.always = below is not None and below.always

    def entries(self, value: Any, redaction_pass: RedactionPass) -> list[Entry]:
        """Return the redaction of a hidden value, or those below a visible one."""
        if value.__class__ is HiddenMarker:
            return [((), value.redacted)]
        return self._below.entries(value, redaction_pass) if self._below else []


class FieldsTracker(RedactionTracker):
    """An object with tracked fields, by their names in the response and in its order."""

    def __init__(self, fields: Mapping[str, RedactionTracker]) -> None:
        self._fields = list(fields.items())
        self._always = [(name, tracker) for name, tracker in self._fields if tracker.always]
        self.always = bool(self._always)
        if all(tracker.never_null and tracker.constant is not None for tracker in fields.values()):
            self.constant = [
                ((name, *path), redacted) for name, tracker in self._fields for path, redacted in tracker.constant or ()
            ]

    def entries(self, value: Any, redaction_pass: RedactionPass) -> list[Entry]:
        """Return the redactions of the fields."""
        if value is None:
            return []
        collected: list[Entry] = []
        for name, tracker in self._fields if redaction_pass.hidden else self._always:
            inner = value[name]
            collected += [((name, *path), redacted) for path, redacted in tracker.entries(inner, redaction_pass)]
            if inner.__class__ is HiddenMarker:
                redaction_pass.mark(value, name)
        return collected


class ItemsTracker(RedactionTracker):
    """A list whose items are tracked."""

    def __init__(self, item: RedactionTracker) -> None:
        self._item = item
        self.always = item.always

    def entries(self, value: Any, redaction_pass: RedactionPass) -> list[Entry]:
        """Return the redactions of the items, folded."""
        if value.__class__ is SentItems:
            return fold(value.hidden)
        if not value:
            return []
        if self._item.constant is None:
            return fold([None if item is None else self._item.entries(item, redaction_pass) for item in value])
        if all(item is None for item in value):
            return []
        return [(("*", *path), redacted) for path, redacted in self._item.constant]


class TypedTracker(RedactionTracker):
    """An object of an abstract type. Its concrete type decides what is tracked."""

    def entries(self, value: Any, redaction_pass: RedactionPass) -> list[Entry]:
        """Return the redactions of the object."""
        tracker = redaction_pass.typed.get(id(value))
        return tracker.entries(value, redaction_pass) if tracker else []
