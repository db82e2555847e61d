"""Compares two results of one operation: where they differ and why. Reasons are reported per side, values never.

List items match by id if ids are selected, otherwise by position. Positions in paths are those of the left result, or of the
right one for an item that only it has. A difference in every item that both sides have is reported once, with "*".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from resolvers.reading.redactions import EVERY_ITEM, Path, fold

DIFFERS: Final = "DIFFERS"  # both sides have a value, and the values differ
NOT_IN_LIST: Final = "NOT_IN_LIST"  # this side's list doesn't contain the item
NOT_FOUND: Final = "NOT_FOUND"  # this side has no object here, and no field was hidden by policy
MISSING: Final = object()

Reasons = tuple[str | None, str | None]
"""The reasons of the left and right side; None for a side with a value, or with a null that has no reason."""
Difference = tuple[Path, Reasons]


@dataclass(slots=True)
class NullReasons:
    """The reasons for a result's nulls, as a tree of paths."""

    reason: str | None = None
    below: dict[str | int, NullReasons] = field(default_factory=dict)

    def at(self, path: Iterable[str | int]) -> list[NullReasons]:
        """Return the nodes on a path, creating missing ones."""
        places = [self]
        for step in path:
            places.append(places[-1].below.setdefault(step, NullReasons()))
        return places


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a result, and the tree nodes that apply to it; a node below "*" applies to every item."""

    content: Any
    nodes: tuple[NullReasons, ...]

    @property
    def reason(self) -> str | None:
        """The reason why the value is null, or None."""
        return next((each.reason for each in self.nodes if each.reason), None)

    def get(self, step: str | int) -> Value:
        """Return the value of a field or list item."""
        content = self.content.get(step, MISSING) if isinstance(self.content, dict) else self.content[step]
        steps = (step,) if isinstance(step, str) else (step, EVERY_ITEM)
        return Value(content, tuple(each.below[one] for each in self.nodes for one in steps if one in each.below))


def differences(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[Difference]:
    """Return where two results differ, in the order of the left one."""
    return _between(_value(left), _value(right))


def _value(answer: Mapping[str, Any]) -> Value:
    """Return a result's data. An error is the reason of every null that it caused, up to the root."""
    root = NullReasons()
    for error in answer.get("errors", ()):
        for place in root.at(error.get("path") or ()):
            place.reason = place.reason or error["extensions"]["code"]
    for entry in answer.get("extensions", {}).get("redactions", ()):
        root.at(entry["path"])[-1].reason = entry["reason"]
    return Value(answer.get("data"), (root,))


def _between(left: Value, right: Value) -> list[Difference]:
    match left.content, right.content:
        case dict(), dict():
            return _objects(left, right)
        case list(), list():
            return _lists(left, right)
        case None, None:
            reasons = left.reason, right.reason
            return [] if reasons[0] == reasons[1] else [((), reasons)]
        case None, there:
            return [((), (_absence(left, there), None))]
        case there, None:
            return [((), (None, _absence(right, there)))]
    return [] if left.content == right.content else [((), (DIFFERS, DIFFERS))]


def _absence(value: Value, there: Any) -> str:
    """Return why one side is null where the other has a value."""
    return value.reason or (NOT_FOUND if isinstance(there, dict) else DIFFERS)


def _objects(left: Value, right: Value) -> list[Difference]:
    names = dict.fromkeys((*left.content, *right.content))
    return [((name, *path), why) for name in names for path, why in _between(left.get(name), right.get(name))]


def _lists(left: Value, right: Value) -> list[Difference]:
    pairs = _pairs(left.content, right.content)
    both: list[list[Difference] | None] = [None] * len(left.content)
    for mine, other in pairs.items():
        both[mine] = _between(left.get(mine), right.get(other))
    matched = set(pairs.values())
    only_left = [place for place in range(len(left.content)) if place not in pairs]
    only_right = [place for place in range(len(right.content)) if place not in matched]
    return [
        *fold(both),
        *_unmatched(only_left, (None, NOT_IN_LIST), everything=not right.content),
        *_unmatched(only_right, (NOT_IN_LIST, None), everything=not left.content),
    ]


def _unmatched(places: Sequence[int], reasons: Reasons, *, everything: bool) -> list[Difference]:
    """Return the items that only one side has, as one entry if the other list is empty."""
    if everything and places:
        return [((EVERY_ITEM,), reasons)]
    return [((place,), reasons) for place in places]


def _pairs(left: Sequence[Any], right: Sequence[Any]) -> dict[int, int]:
    """Map positions in the left list to those of the same items in the right list."""
    left_ids, right_ids = _positions_by_id(left), _positions_by_id(right)
    if left_ids is None or right_ids is None:
        return {place: place for place in range(min(len(left), len(right)))}
    return {place: right_ids[name] for name, place in left_ids.items() if name in right_ids}


def _positions_by_id(items: Sequence[Any]) -> dict[str, int] | None:
    """Return each item's position by its id, or by its node's id; None if an item has no id or two share one."""
    places = {name: place for place, item in enumerate(items) if (name := _item_id(item)) is not None}
    return places if len(places) == len(items) else None


def _item_id(item: Any) -> str | None:
    """Return the ID of an item or, if it has none, of the node that it leads to."""
    while isinstance(item, dict) and "id" not in item:
        item = item.get("node")
    name = item["id"] if isinstance(item, dict) else None
    return name if isinstance(name, str) else None
