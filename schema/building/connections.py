"""Connections and edges, one generic pair for every type (the Relay specification of connections)."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

import strawberry

from resolvers.reading import connections
from schema.building.fields import resolved

Item = TypeVar("Item")

PAGE: Final[dict[str, tuple[Any, str]]] = {
    "first": (int | None, "At most this many items from the start."),
    "after": (str | None, "Items after this cursor."),
    "last": (int | None, "At most this many items from the end."),
    "before": (str | None, "Items before this cursor."),
}


@strawberry.type(description="Where a page stands in its connection.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are items after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are items before this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first item.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last item.")


@strawberry.type(description="An item of a connection, with its place in it.")
class Edge(Generic[Item]):
    cursor: str = strawberry.field(description="The item's place, for `after` and `before`.")
    node: Item = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list, in a stable order, of what the viewer may see.")
class Connection(Generic[Item]):
    edges: list[Edge[Item]] = strawberry.field(description="The page's items with their cursors.")
    nodes: list[Item] = strawberry.field(description="The page's items.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int = resolved(
        connections.total_counts, "How many items the whole list has that the viewer may see. Costs more than a page."
    )
