"""Connections and edges: one generic pair for every type, as in the Relay connections specification."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

import strawberry

from resolvers.reading import connections
from resolvers.reading.connections import CountPrecision
from schema.building.fields import COUNT_COST, resolved

Item = TypeVar("Item")

PAGE: Final[dict[str, tuple[Any, str]]] = {
    "first": (int | None, "Returns the first _n_ items."),
    "after": (str | None, "Returns the items after this cursor."),
    "last": (int | None, "Returns the last _n_ items."),
    "before": (str | None, "Returns the items before this cursor."),
}


@strawberry.type(description="Information about pagination in a connection.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are more items after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are more items before this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first item on the page.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last item on the page.")


@strawberry.type(description="An item in a connection, with its cursor.")
class Edge(Generic[Item]):
    cursor: str = strawberry.field(description="The item's cursor, for use in `after` and `before`.")
    node: Item = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list, in a stable order. It contains only items that the viewer can see.")
class Connection(Generic[Item]):
    edges: list[Edge[Item]] = strawberry.field(description="The items on the page, with their cursors.")
    nodes: list[Item] = strawberry.field(description="The items on the page.")
    page_info: PageInfo = strawberry.field(description="Information to aid in pagination.")
    total_count: int = resolved(
        connections.total_counts,
        "The total number of items in the list that the viewer can see. At most 10,000 are counted: see `totalCountPrecision`.",
        cost=COUNT_COST,
    )
    total_count_precision: CountPrecision = resolved(
        connections.total_count_precisions,
        "Whether `totalCount` is the number of all items, or there are more than 10,000.",
        cost=COUNT_COST,
    )
