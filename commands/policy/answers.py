"""What an answer shows and hides, and where two answers to one query differ by what policy decides. It never tells a value.

Things are the same in both answers if their ids are. So `marked` adds each thing's type and id to what a query selects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    NameNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)

from resolvers.reading.redactions import Entry, Path, Redacted

GAINED: Final = "DENY→ALLOW"
LOST: Final = "ALLOW→DENY"
DIFFERS: Final = "DIFFERS"
ROWS: Final = "rows"
TYPE: Final = "crossgate_type"
ID: Final = "crossgate_id"

Place = tuple[str | int, ...]
"""A path in which things have their ids in the place of indexes."""
Thing = tuple[str, str]
"""A type and an id."""


class Flip(NamedTuple):
    """One kind of difference: which way, and of what. `DIFFERS` is what is not known to be either way."""

    way: str
    what: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer: its values as a tree of places, what is hidden, which things it has, the codes of its errors."""

    tree: Any
    hidden: dict[Place, Redacted]
    things: frozenset[Thing]
    codes: frozenset[str]

    def shows(self, place: Place) -> bool:
        """Whether something may be seen here, be it null."""
        if place in self.hidden:
            return False
        below = self.tree
        for step in place:
            if not isinstance(below, dict) or step not in below:
                return False
            below = below[step]
        return True


def marked(document: DocumentNode, schema: GraphQLSchema) -> DocumentNode:
    """The document, in which each thing that has an id is asked for it too."""
    types = TypeInfo(schema)
    made: DocumentNode = visit(document, TypeInfoVisitor(types, _Marking(types)))
    return made


def outcome(data: Any, entries: Sequence[Entry], codes: Iterator[str]) -> Outcome:
    """What an answer to a marked query shows and hides."""
    hidden = {place: redacted for path, redacted in entries for place in _places(data, path)}
    return Outcome(_tree(data), hidden, frozenset(_things(data)), frozenset(codes))


def flips(before: Outcome, after: Outcome, gained: frozenset[Thing], lost: frozenset[Thing]) -> Counter[Flip]:
    """How often each thing is decided otherwise. `gained` and `lost` are things of which that is known."""
    found: Counter[Flip] = Counter()
    found.update(Flip(GAINED, _field(each)) for place, each in before.hidden.items() if after.shows(place))
    found.update(Flip(LOST, _field(each)) for place, each in after.hidden.items() if before.shows(place))
    found.update(Flip(GAINED, f"{name} ({ROWS})") for name, _ in gained)
    found.update(Flip(LOST, f"{name} ({ROWS})") for name, _ in lost)
    found.update(Flip(GAINED, code) for code in before.codes - after.codes)
    found.update(Flip(LOST, code) for code in after.codes - before.codes)
    if not found and before.tree != after.tree:
        found[Flip(DIFFERS, "pages or numbers")] = 1
    return found


class _Marking(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode | None:
        """Add the marks."""
        if not _is_thing(self._types.get_parent_type()):
            return None
        marks = (_selected(TYPE, "__typename"), _selected(ID, "id"))
        return SelectionSetNode(selections=(*node.selections, *marks))


def _is_thing(kind: Any) -> bool:
    """Whether it is a Node, or Node itself."""
    if isinstance(kind, GraphQLObjectType):
        return any(each.name == "Node" for each in kind.interfaces)
    return isinstance(kind, GraphQLInterfaceType) and kind.name == "Node"


def _selected(alias: str, name: str) -> FieldNode:
    return FieldNode(alias=NameNode(value=alias), name=NameNode(value=name), arguments=(), directives=())


def _field(redacted: Redacted) -> str:
    return f"{redacted.type}.{redacted.field}"


def _places(value: Any, path: Path) -> Iterator[Place]:
    """Every place that a path stands for: "*" is each item that is not null."""
    if not path:
        yield ()
        return
    step, *rest = path
    if isinstance(value, list):
        names = _names(value)
        for index in range(len(value)) if step == "*" else (int(step),):
            if value[index] is not None:
                yield from ((names[index], *below) for below in _places(value[index], tuple(rest)))
    elif isinstance(value, dict) and step in value:
        yield from ((step, *below) for below in _places(value[step], tuple(rest)))


def _tree(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _tree(below) for name, below in value.items()}
    if isinstance(value, list):
        return {name: _tree(item) for name, item in zip(_names(value), value, strict=True)}
    return value


def _names(items: Sequence[Any]) -> Sequence[str | int]:
    """What each item is called: by its id, or its node's, if all have one and none has it twice; else by its index."""
    names = [_name(item) for item in items]
    known = [name for name in names if name is not None]
    return known if len(set(known)) == len(items) else range(len(items))


def _name(item: Any) -> str | None:
    if not isinstance(item, dict):
        return None
    name = item.get(ID)
    return str(name) if name is not None else next((found for each in item.values() if (found := _id_of(each))), None)


def _id_of(value: Any) -> str | None:
    """The id of a node of an edge."""
    return str(value[ID]) if isinstance(value, dict) and ID in value else None


def _things(value: Any) -> Iterator[Thing]:
    if isinstance(value, dict):
        if ID in value:
            yield value[TYPE], value[ID]
        for below in value.values():
            yield from _things(below)
    elif isinstance(value, list):
        for item in value:
            yield from _things(item)
