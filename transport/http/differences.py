"""Where two answers to one operation differ, and why: the reason of each side, and never a value.

Items of lists are the same if their ids are, where those are selected; or else if their positions are. Positions in paths are
those of the left answer, and of the right one for an item that only it has. What is true of every item that both have stands
once, with "*".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from resolvers.reading.redactions import EVERY_ITEM, Path, fold

DIFFERS: Final = "DIFFERS"  # both have a value, and these are not the same
NOT_IN_LIST: Final = "NOT_IN_LIST"  # the list of this side does not have the item
NOT_FOUND: Final = "NOT_FOUND"  # there is nothing here for this side, and policy has hidden no field
MISSING: Final = object()

Reasons = tuple[str | None, str | None]
"""Of the left and of the right side, None for a side that has a value, or no more than none."""
Difference = tuple[Path, Reasons]


@dataclass(slots=True)
class NullReasons:
    """What an answer tells of its nulls, as a tree of their places."""

    reason: str | None = None
    below: dict[str | int, NullReasons] = field(default_factory=dict)

    def at(self, path: Iterable[str | int]) -> list[NullReasons]:
        """The places on a path, which are made."""
        places = [self]
        for step in path:
            places.append(places[-1].below.setdefault(step, NullReasons()))
        return places


@dataclass(frozen=True, slots=True)
class Value:
    """A value of an answer, and what is told of its place: a place below "*" is one of every item."""

    content: Any
    told: tuple[NullReasons, ...]

    @property
    def reason(self) -> str | None:
        """Why there is nothing here."""
        return next((each.reason for each in self.told if each.reason), None)

    def get(self, step: str | int) -> Value:
        """What is below."""
        content = self.content.get(step, MISSING) if isinstance(self.content, dict) else self.content[step]
        steps = (step,) if isinstance(step, str) else (step, EVERY_ITEM)
        return Value(content, tuple(each.below[one] for each in self.told for one in steps if one in each.below))


def differences(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[Difference]:
    """Where two answers differ, in the order of the left one."""
    return _between(_value(left), _value(right))


def _value(answer: Mapping[str, Any]) -> Value:
    """The data of an answer. An error is the reason of every null that it has caused, up to the root."""
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
    """Why one side has nothing where the other has something."""
    return value.reason or (NOT_FOUND if isinstance(there, dict) else DIFFERS)


def _objects(left: Value, right: Value) -> list[Difference]:
    names = dict.fromkeys((*left.content, *right.content))
    return [((name, *path), why) for name in names for path, why in _between(left.get(name), right.get(name))]


def _lists(left: Value, right: Value) -> list[Difference]:
    pairs = _pairs(left.content, right.content)
    both: list[list[Difference] | None] = [None] * len(left.content)
    for mine, other in pairs.items():
        both[mine] = _between(left.get(mine), right.get(other))
    found = set(pairs.values())
    only_left = [place for place in range(len(left.content)) if place not in pairs]
    only_right = [place for place in range(len(right.content)) if place not in found]
    return [
        *fold(both),
        *_alone(only_left, (None, NOT_IN_LIST), everything=not right.content),
        *_alone(only_right, (NOT_IN_LIST, None), everything=not left.content),
    ]


def _alone(places: Sequence[int], reasons: Reasons, *, everything: bool) -> list[Difference]:
    """Items that only one side has; one entry if the other has none at all."""
    if everything and places:
        return [((EVERY_ITEM,), reasons)]
    return [((place,), reasons) for place in places]


def _pairs(left: Sequence[Any], right: Sequence[Any]) -> dict[int, int]:
    """Which item of the left list is which one of the right."""
    known, others = _known(left), _known(right)
    if known is None or others is None:
        return {place: place for place in range(min(len(left), len(right)))}
    return {place: others[name] for name, place in known.items() if name in others}


def _known(items: Sequence[Any]) -> dict[str, int] | None:
    """The place of each item by its id, or by that of the node of an edge; None if they have none, or one twice."""
    places = {name: place for place, item in enumerate(items) if (name := _name(item)) is not None}
    return places if len(places) == len(items) else None


def _name(item: Any) -> str | None:
    while isinstance(item, dict) and "id" not in item:
        item = item.get("node")
    name = item["id"] if isinstance(item, dict) else None
    return name if isinstance(name, str) else None
