"""Page requests: the filters, order, size and cursors of a connection, checked against what the viewer can see.

Every row that is counted, sorted, filtered or paged has passed policy. A viewer that can't see the field behind an order or a
filter in every row is refused, because the result would reveal the field (A16).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR
from typing import Any, Final, Protocol

from models.concept import Filter
from policies.catalogue import CATALOGUE
from resolvers.reading.cursors import Cursors
from resolvers.reading.filters import BY_KEY, FILTERS, NEWEST_FIRST, ORDERS, default_order, input_name, order_of
from resolvers.reading.statements import Selection, Window
from resolvers.values import identifiers
from resolvers.values.errors import PublicError
from resolvers.values.money import minor_units
from resolvers.values.text import MAX_SEARCH_LENGTH, camel, is_blank, storable

MAX_VALUES: Final = 100  # of one filter: a page is read for each


class PageContext(Protocol):
    """What a page request is checked against: the viewer's rights, and the service's page sizes."""

    @property
    def cursors(self) -> Cursors:
        """Seals and opens cursors."""

    @property
    def page_sizes(self) -> tuple[int, int]:
        """The default and the maximum page size."""

    def sees_everywhere(self, entity: str, field: str) -> bool:
        """Return whether the viewer sees a field in every row that it can read."""

    def note_refused_argument(self, entity: str, field: str, code: str) -> None:
        """Record in the audit log that an order or a filter was refused."""


class InvalidPage(PublicError):
    """`first` or `last` is out of bounds, or both are set."""

    code = "INVALID_PAGE"


class ForbiddenOrder(PublicError):
    """The order would reveal a field that the viewer can't see in every row (A16)."""

    code = "FORBIDDEN_ORDER"


class ForbiddenFilter(PublicError):
    """The filter would reveal a field that the viewer can't see in every row (A16)."""

    code = "FORBIDDEN_FILTER"


class TooManyValues(PublicError):
    """A filter has too many values."""

    code = "TOO_MANY_VALUES"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The validated request for a page of a connection. It is the same for all parents of a level."""

    cursor_sealer: Cursors
    selection: Selection
    window: Window
    parameters: Mapping[str, Any]
    actions: tuple[str, ...]

    def cursors(self, rows: Sequence[Any], key_position: int | None = None) -> list[str]:
        """Return the cursors of rows or records. `key_position` is the index of the key if the rows are tuples that have it."""
        names = order_of(self.selection.entity, self.window.order).columns
        scope = _scope(self.selection.entity, self.selection.relation, self.window)
        if key_position is not None and not names:
            return self.cursor_sealer.seal(scope, [((), row[key_position]) for row in rows])
        return self.cursor_sealer.seal(scope, [([getattr(row, name) for name in names], row.id) for row in rows])


def parse_page_request(
    context: PageContext, entity: str, arguments: Mapping[str, Any], relation: str | None, actions: tuple[str, ...] = ("read",)
) -> PageRequest:
    """Parse the arguments of a connection. Raises InvalidPage, InvalidCursor, ForbiddenOrder or ForbiddenFilter."""
    filters = _filters(context, entity, arguments)
    order, descending = _order(context, entity, arguments.get("order_by"), filters)
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
            keyset = _typed(entity, order, context.cursors.open(_scope(entity, relation, window), cursor, end))
            parameters.update({f"{end}_{position}": value for position, value in enumerate(keyset)})
    return PageRequest(context.cursors, Selection(entity, relation, tuple(sorted(filters))), window, parameters, actions)


def _scope(entity: str, relation: str | None, window: Window) -> str:
    return f"{relation or entity} {window.order} {'DESC' if window.descending else 'ASC'}"


def _size(context: PageContext, arguments: Mapping[str, Any]) -> tuple[int, bool]:
    """Return the maximum number of items, and whether the page is read from the end."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise InvalidPage("Use either 'first' or 'last', not both.", argument="last")
    name = "first" if last is None else "last"
    default, max_size = context.page_sizes
    size = default if first is None and last is None else arguments[name]
    if not 0 <= size <= max_size:
        raise InvalidPage(f"Argument '{name}' must be between 0 and {max_size} (got {size}).", argument=name)
    return size, last is not None


def _typed(entity: str, order: str, keyset: Sequence[Any]) -> list[Any]:
    """Return the keyset of a cursor with its times and dates, which are text in a cursor, in the types of their columns."""
    columns = (CATALOGUE[entity].table.c[name] for name in (*order_of(entity, order).columns, "id"))
    kinds = (column.type.python_type for column in columns)
    return [kind.fromisoformat(value) if issubclass(kind, date) else value for kind, value in zip(kinds, keyset, strict=True)]


def _order(context: PageContext, entity: str, order_by: Mapping[str, Any] | None, filters: Collection[str]) -> tuple[str, bool]:
    """Return the name of the order, and whether it's descending. Raises ForbiddenOrder."""
    default = default_order(entity, filters)
    if order_by is None and default is None:
        return BY_KEY, entity in NEWEST_FIRST
    order_by = order_by or {"field": default, "direction": "ASC"}
    name = str(order_by["field"])
    field = ORDERS[entity][name].field
    if field is not None and not context.sees_everywhere(entity, field):
        context.note_refused_argument(entity, camel(field), ForbiddenOrder.code)
        raise ForbiddenOrder(
            f"You can't order by {name}, because it's hidden from you in some or all rows.", argument="orderBy", field=name
        )
    return name, str(order_by["direction"]) == "DESC"


def _filters(context: PageContext, entity: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters that are set, by name, with their values in the form of the database."""
    filters = FILTERS.get(entity, {})
    inputs = dict(_inputs(filters, arguments.get("filter") or {}))
    for name in inputs:
        require_visible(context, entity, filters[name].field, camel(input_name(entity, name)))
        if filters[name].is_list and len(inputs[name]) > MAX_VALUES:
            raise TooManyValues(
                f"Filter {camel(name)} takes at most {MAX_VALUES} values.", argument="filter", field=camel(name)
            )
    return {name: _to_database(name, value, filters[name]) for name, value in inputs.items()}


def _inputs(filters: Mapping[str, Filter], given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the filters that are set, with their values. A range of money is one filter for its currency and one for each bound."""
    ranges = {each.money_range for each in filters.values()}
    for name, value in given.items():
        if value is not None and not (name not in ranges and filters[name].is_search and is_blank(value)):
            yield from _bounds(name, value) if name in ranges else [(name, value)]


def _bounds(name: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "currency", value["currency"]
    for bound, rounding in (("at_least", ROUND_CEILING), ("at_most", ROUND_FLOOR)):
        if bound in value:
            yield f"{name}_{bound}", minor_units(value[bound], value["currency"], rounding)


def require_visible(context: PageContext, entity: str, field: str, requested: str | None = None) -> None:
    """Raise ForbiddenFilter unless the viewer sees a field in every row. `requested` is its name in the error, if it has another."""
    if context.sees_everywhere(entity, field):
        return
    name = requested or camel(field)
    context.note_refused_argument(entity, name, ForbiddenFilter.code)
    raise ForbiddenFilter(
        f"You can't filter by {name}, because it's hidden from you in some or all rows.", argument="filter", field=name
    )


def _to_database(name: str, value: Any, narrowed: Filter) -> Any:
    """Convert a filter's value, or each of its values, to the form of the database."""
    if isinstance(value, list):
        return [_to_database(name, each, narrowed) for each in value]
    if narrowed.id_of is not None:
        return identifiers.parse(value, camel(name), narrowed.id_of).key
    if not isinstance(value, str):
        return value
    text = storable(value, camel(name))
    return text[:MAX_SEARCH_LENGTH] if narrowed.is_search else text
