"""What a query's result shows and hides, and where two results differ because of policy. Values are never reported.

Objects are matched across results by ID, so `add_ids` adds every object's type and ID to the query's selections.
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
"""A path in which list items are identified by their IDs instead of indexes."""
Node = tuple[str, str]
"""An object's type and ID."""


class DifferenceKind(NamedTuple):
    """A kind of difference: its direction and the field, type or error code. `DIFFERS` means that the direction is unknown."""

    way: str
    what: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One result: its values as a tree by place, its hidden fields, its objects, and the codes of its errors."""

    tree: Any
    hidden: dict[Place, Redacted]
    nodes: frozenset[Node]
    codes: frozenset[str]

    def shows(self, place: Place) -> bool:
        """Return True if the place is visible, even if its value is null."""
        if place in self.hidden:
            return False
        value = self.tree
        for step in place:
            if not isinstance(value, dict) or step not in value:
                return False
            value = value[step]
        return True


def add_ids(document: DocumentNode, schema: GraphQLSchema) -> DocumentNode:
    """Return the document with type and ID added to the selections of every object that has an ID."""
    types = TypeInfo(schema)
    result: DocumentNode = visit(document, TypeInfoVisitor(types, _IdAdder(types)))
    return result


def outcome(data: Any, entries: Sequence[Entry], codes: Iterator[str]) -> Outcome:
    """Return what the result of a query with IDs shows and hides."""
    hidden = {place: redacted for path, redacted in entries for place in _places(data, path)}
    return Outcome(_tree(data), hidden, frozenset(_nodes(data)), frozenset(codes))


def count_differences(
    before: Outcome, after: Outcome, gained: frozenset[Node], lost: frozenset[Node]
) -> Counter[DifferenceKind]:
    """Count each kind of difference. `gained` and `lost` are the objects known to have become readable or unreadable."""
    differences: Counter[DifferenceKind] = Counter()
    differences.update(
        DifferenceKind(GAINED, _field(redacted)) for place, redacted in before.hidden.items() if after.shows(place)
    )
    differences.update(
        DifferenceKind(LOST, _field(redacted)) for place, redacted in after.hidden.items() if before.shows(place)
    )
    differences.update(DifferenceKind(GAINED, f"{name} ({ROWS})") for name, _ in gained)
    differences.update(DifferenceKind(LOST, f"{name} ({ROWS})") for name, _ in lost)
    differences.update(DifferenceKind(GAINED, code) for code in before.codes - after.codes)
    differences.update(DifferenceKind(LOST, code) for code in after.codes - before.codes)
    if not differences and before.tree != after.tree:
        differences[DifferenceKind(DIFFERS, "pages or numbers")] = 1
    return differences


class _IdAdder(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode | None:
        """Add the type and ID."""
        if not _is_node(self._types.get_parent_type()):
            return None
        added = (_selected(TYPE, "__typename"), _selected(ID, "id"))
        return SelectionSetNode(selections=(*node.selections, *added))


def _is_node(kind: Any) -> bool:
    """Return True if the type is Node or implements it."""
    if isinstance(kind, GraphQLObjectType):
        return any(interface.name == "Node" for interface in kind.interfaces)
    return isinstance(kind, GraphQLInterfaceType) and kind.name == "Node"


def _selected(alias: str, name: str) -> FieldNode:
    return FieldNode(alias=NameNode(value=alias), name=NameNode(value=name), arguments=(), directives=())


def _field(redacted: Redacted) -> str:
    return f"{redacted.type}.{redacted.field}"


def _places(value: Any, path: Path) -> Iterator[Place]:
    """Yield every place that a path matches. "*" matches each item that isn't null."""
    if not path:
        yield ()
        return
    step, *rest = path
    if isinstance(value, list):
        names = _item_keys(value)
        for index in range(len(value)) if step == "*" else (int(step),):
            if value[index] is not None:
                yield from ((names[index], *below) for below in _places(value[index], tuple(rest)))
    elif isinstance(value, dict) and step in value:
        yield from ((step, *below) for below in _places(value[step], tuple(rest)))


def _tree(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _tree(below) for name, below in value.items()}
    if isinstance(value, list):
        return {name: _tree(item) for name, item in zip(_item_keys(value), value, strict=True)}
    return value


def _item_keys(items: Sequence[Any]) -> Sequence[str | int]:
    """Name each item by its own or its node's ID if all are present and unique, else by its index."""
    names = [_item_id(item) for item in items]
    present = [name for name in names if name is not None]
    return present if len(set(present)) == len(items) else range(len(items))


def _item_id(item: Any) -> str | None:
    if not isinstance(item, dict):
        return None
    name = item.get(ID)
    return str(name) if name is not None else next((node_id for value in item.values() if (node_id := _id_of(value))), None)


def _id_of(value: Any) -> str | None:
    """Return the ID of an edge's node, or None."""
    return str(value[ID]) if isinstance(value, dict) and ID in value else None


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, dict):
        if ID in value:
            yield value[TYPE], value[ID]
        for below in value.values():
            yield from _nodes(below)
    elif isinstance(value, list):
        for item in value:
            yield from _nodes(item)
