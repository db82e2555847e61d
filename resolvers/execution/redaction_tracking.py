"""Watches: where in a response values may be hidden. Built with the plan, so that only these places are looked at.

What every row hides is known beforehand. Where the row decides, generated code leaves a `HiddenMarker` in the place of the value, which the
watch notes and takes out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from resolvers.reading.redactions import Entry, Redacted, fold


class HiddenMarker:
    """What stands in the place of a hidden value until its watch has noted it."""

    __slots__ = ("redacted",)

    def __init__(self, redacted: Redacted) -> None:
        self.redacted = redacted


class RedactionPass:
    """One look at a response. `typed` has the watches of objects whose type only their making showed, by their identity."""

    def __init__(self) -> None:
        self.hidden = False  # whether any row has hidden anything
        self.typed: dict[int, RedactionTracker] = {}
        self._found: list[tuple[dict[str, Any], str]] = []

    def over(self, watch: RedactionTracker | None, response: Any) -> list[Entry]:
        """The redactions of a response, from which they are taken out."""
        if watch is None or not (self.hidden or watch.always or self.typed):
            return []
        entries = watch.entries(response, self)
        for holder, name in self._found:  # at the end, for an object may stand in several places
            holder[name] = None
        return entries

    def found(self, holder: dict[str, Any], name: str) -> None:
        """Note that there is a Hidden to be taken out."""
        self._found.append((holder, name))


class RedactionTracker(ABC):
    """A place of a response at which, or below which, something may be hidden."""

    constant: Sequence[Entry] | None = None
    """The redactions, if they are the same for whatever stands there but null."""
    always = True
    """Whether there is something to be noted even if no row has hidden anything by itself."""
    never_null = False
    """Whether it is known that there is always something that is watched."""

    @abstractmethod
    def entries(self, value: Any, look: RedactionPass) -> list[Entry]:
        """The redactions at and below a value, with paths that are relative to it."""


class ConstantTracker(RedactionTracker):
    """A place that every row hides for the same reason."""

    def __init__(self, redacted: Redacted) -> None:
        self.constant = [((), redacted)]
        self.never_null = True  # the watch is of the null itself

    def entries(self, value: Any, look: RedactionPass) -> list[Entry]:  # noqa: ARG002
        """The one redaction."""
        return list(self.constant or ())


class PerRowTracker(RedactionTracker):
    """A place that some rows hide. `below` watches what stands there in the others."""

    def __init__(self, below: RedactionTracker | None) -> None:
        self._below = below
        self.always = below is not None and below.always

    def entries(self, value: Any, look: RedactionPass) -> list[Entry]:
        """The redaction of a hidden value, those below another."""
        if value.__class__ is HiddenMarker:
            return [((), value.redacted)]
        return self._below.entries(value, look) if self._below else []


class FieldsTracker(RedactionTracker):
    """An object with watched fields, by their names in the response and in its order."""

    def __init__(self, fields: Mapping[str, RedactionTracker]) -> None:
        self._fields = list(fields.items())
        self._always = [(name, watch) for name, watch in self._fields if watch.always]
        self.always = bool(self._always)
        if all(watch.never_null and watch.constant is not None for watch in fields.values()):
            self.constant = [
                ((name, *path), redacted) for name, watch in self._fields for path, redacted in watch.constant or ()
            ]

    def entries(self, value: Any, look: RedactionPass) -> list[Entry]:
        """The redactions of the fields."""
        if value is None:
            return []
        found: list[Entry] = []
        for name, watch in self._fields if look.hidden else self._always:
            inner = value[name]
            found += [((name, *path), redacted) for path, redacted in watch.entries(inner, look)]
            if inner.__class__ is HiddenMarker:
                look.found(value, name)
        return found


class ItemsTracker(RedactionTracker):
    """A list whose items are watched."""

    def __init__(self, item: RedactionTracker) -> None:
        self._item = item
        self.always = item.always

    def entries(self, value: Sequence[Any] | None, look: RedactionPass) -> list[Entry]:
        """The redactions of the items, folded."""
        if not value:
            return []
        if self._item.constant is None:
            return fold([None if item is None else self._item.entries(item, look) for item in value])
        if all(item is None for item in value):
            return []
        return [(("*", *path), redacted) for path, redacted in self._item.constant]


class TypedTracker(RedactionTracker):
    """An object of an abstract type, whose own type says what is watched."""

    def entries(self, value: Any, look: RedactionPass) -> list[Entry]:
        """The redactions of the object."""
        watch = look.typed.get(id(value))
        return watch.entries(value, look) if watch else []
