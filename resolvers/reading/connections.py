"""Connections: pages of a list in a stable order, by keyset, forward and backward (the Relay specification of connections).

What is counted, sorted, filtered and paged has passed policy before. A viewer who may not see the field behind an order or a filter
is refused (A16).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from resolvers.reading.filters import BY_KEY, FILTERS, INPUT_NAME, NEWEST_FIRST, ORDERS, order_of
from resolvers.reading.records import Record
from resolvers.reading.statements import Selection, Window
from resolvers.values import identifiers
from resolvers.values.errors import PublicError
from resolvers.values.text import camel, storable

if TYPE_CHECKING:
    from resolvers.context import Context


class InvalidPage(PublicError):
    """`first` or `last` is out of bounds, or both are given."""

    code = "INVALID_PAGE"


class ForbiddenOrder(PublicError):
    """The order would tell a field that the viewer may not see in every row (A16)."""

    code = "FORBIDDEN_ORDER"


class ForbiddenFilter(PublicError):
    """The filter would tell a field that the viewer may not see in every row (A16)."""

    code = "FORBIDDEN_FILTER"


@dataclass(frozen=True, slots=True)
class Edge:
    """An item of a page, with its place."""

    cursor: str
    node: Record


class Page:
    """A page of one connection, with what is needed to count the whole of it."""

    __slots__ = ("has_more", "nodes", "parent", "request")

    def __init__(self, asked: PageRequest, parent: UUID | None, nodes: Sequence[Any], more: bool) -> None:
        self.request = asked
        self.parent = parent
        self.nodes = nodes
        self.has_more = more  # whether there are items beyond the end that was read towards

    @property
    def edges(self) -> list[Edge]:
        """The items with their cursors."""
        return [Edge(*item) for item in zip(self.request.cursors(self.nodes), self.nodes, strict=True)]

    @property
    def page_info(self) -> Page:
        """Where the page stands is asked of itself."""
        return self

    @property
    def has_next_page(self) -> bool:
        """Whether there are items after it: a cursor that was given stands for an item, so there is something on its side."""
        window = self.request.window
        return window.before if window.backward else self.has_more

    @property
    def has_previous_page(self) -> bool:
        """Whether there are items before it."""
        window = self.request.window
        return self.has_more if window.backward else window.after

    @property
    def start_cursor(self) -> str | None:
        """The cursor of its first item."""
        return self.request.cursors(self.nodes[:1])[0] if self.nodes else None

    @property
    def end_cursor(self) -> str | None:
        """The cursor of its last item."""
        return self.request.cursors(self.nodes[-1:])[0] if self.nodes else None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A connection as it was asked for: the same for all parents of a level."""

    context: Context
    selection: Selection
    window: Window
    parameters: Mapping[str, Any]
    actions: tuple[str, ...]

    def cursors(self, rows: Sequence[Any], place: int | None = None) -> list[str]:
        """The cursors of rows, or of records, in this connection and order. `place` is that of the key in a row, where it has one."""
        names = order_of(self.selection.entity, self.window.order).columns
        scope = _scope(self.selection.entity, self.selection.relation, self.window)
        if place is not None and not names:
            return self.context.cursors.seal(scope, [((), row[place]) for row in rows])
        return self.context.cursors.seal(scope, [([getattr(row, name) for name in names], row.id) for row in rows])


async def load_pages(
    context: Context,
    entity: str,
    arguments: Mapping[str, Any],
    *,
    relation: str | None = None,
    parents: Sequence[UUID] = (),
    actions: tuple[str, ...] = ("read",),
) -> list[Page]:
    """The page of each parent, in their order, by one statement; without a relation the one page of the whole list."""
    asked = parse_page_request(context, entity, arguments, relation, actions)
    found = await context.loaders.page(asked, parents)
    size = asked.window.limit - 1
    answer = []
    for parent in parents if relation else [None]:
        records = found.get(parent, [])
        shown = records[:size]
        answer.append(Page(asked, parent, shown[::-1] if asked.window.backward else shown, len(records) > size))
    return answer


async def total_counts(asked_pages: Sequence[Page], context: Context) -> list[int]:
    """How many rows each page's whole connection has that the viewer may read: one statement for all pages of a field."""
    groups: dict[int, list[Page]] = {}
    for page in asked_pages:
        groups.setdefault(id(page.request), []).append(page)
    counts: dict[tuple[int, UUID | None], int] = {}
    for key, group in groups.items():
        counted = await context.loaders.count(group[0].request, [page.parent for page in group if page.parent])
        counts.update({(key, parent): number for parent, number in counted.items()})
    return [counts[id(page.request), page.parent] for page in asked_pages]


def parse_page_request(
    context: Context, entity: str, arguments: Mapping[str, Any], relation: str | None, actions: tuple[str, ...] = ("read",)
) -> PageRequest:
    """The connection that arguments ask for. Raises InvalidPage, InvalidCursor, ForbiddenOrder or ForbiddenFilter."""
    filters = _filters(context, entity, arguments)
    order, descending = _order(context, entity, arguments.get("order_by"))
    size, backward = _size(context, arguments)
    window = Window(
        limit=size + 1,
        order=order,
        descending=descending,
        backward=backward,
        after=arguments.get("after") is not None,
        before=arguments.get("before") is not None,
    )
    parameters: dict[str, Any] = {f"filter_{name}": value for name, value in filters.items()}
    for end in ("after", "before"):
        cursor = arguments.get(end)
        if cursor is not None:
            keyset = context.cursors.open(_scope(entity, relation, window), cursor, end)
            parameters.update({f"{end}_{position}": value for position, value in enumerate(keyset)})
    return PageRequest(context, Selection(entity, relation, tuple(sorted(filters))), window, parameters, actions)


def _scope(entity: str, relation: str | None, window: Window) -> str:
    return f"{relation or entity} {window.order} {'DESC' if window.descending else 'ASC'}"


def _size(context: Context, arguments: Mapping[str, Any]) -> tuple[int, bool]:
    """How many items the page may have, and whether it is read from the end."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise InvalidPage("Give 'first' or 'last', not both.", argument="last")
    name = "first" if last is None else "last"
    size = context.services.default_page_size if first is None and last is None else arguments[name]
    if not 0 <= size <= context.services.max_page_size:
        raise InvalidPage(f"Argument '{name}' must be from 0 to {context.services.max_page_size}, not {size}.", argument=name)
    return size, last is not None


def _order(context: Context, entity: str, order_by: Mapping[str, Any] | None) -> tuple[str, bool]:
    if order_by is None:
        return BY_KEY, entity in NEWEST_FIRST
    name = str(order_by["field"])
    field = ORDERS[entity][name].field
    if field is not None and not context.sees_everywhere(entity, field):
        context.audit_trail.note_refused_argument(entity, camel(field), ForbiddenOrder.code)
        raise ForbiddenOrder(
            f"You may not order by {name}: it is hidden from you in some or all rows.", argument="orderBy", field=name
        )
    return name, str(order_by["direction"]) == "DESC"


def _filters(context: Context, entity: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The filters that are given, by name, each with its value as the database has it."""
    given = {name: value for name, value in (arguments.get("filter") or {}).items() if value is not None}
    known = FILTERS.get(entity, {})
    for name in given:
        if not context.sees_everywhere(entity, known[name].field):
            asked = camel(INPUT_NAME.get(name, name))
            context.audit_trail.note_refused_argument(entity, asked, ForbiddenFilter.code)
            raise ForbiddenFilter(
                f"You may not filter by {asked}: it is hidden from you in some or all rows.", argument="filter", field=asked
            )
    return {name: _stored(name, value, known[name].id_of) for name, value in given.items()}


def _stored(name: str, value: Any, id_of: str | None) -> Any:
    """A filter's value as the database has it."""
    if id_of is not None:
        return identifiers.parse(value, camel(name), id_of).key
    return storable(value, camel(name)) if isinstance(value, str) else value
