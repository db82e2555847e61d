"""Connections: pages of a list in a stable order, by keyset, forward and backward (the Relay specification of connections).

What is counted, sorted, filtered and paged has passed policy before. A viewer who may not see the field behind an order or a filter
is refused (A16).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from resolvers.reading.page_requests import PageContext, PageRequest, parse_page_request
from resolvers.reading.records import Record

if TYPE_CHECKING:
    from resolvers.reading.loaders import Loaders


class LoadingContext(PageContext, Protocol):
    """What pages are loaded with."""

    @property
    def loaders(self) -> Loaders:
        """The loaders of the request."""


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


async def load_pages(
    context: LoadingContext,
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


async def total_counts(asked_pages: Sequence[Page], context: LoadingContext) -> list[int]:
    """How many rows each page's whole connection has that the viewer may read: one statement for all pages of a field."""
    groups: dict[int, list[Page]] = {}
    for page in asked_pages:
        groups.setdefault(id(page.request), []).append(page)
    counts: dict[tuple[int, UUID | None], int] = {}
    for key, group in groups.items():
        counted = await context.loaders.count(group[0].request, [page.parent for page in group if page.parent])
        counts.update({(key, parent): number for parent, number in counted.items()})
    return [counts[id(page.request), page.parent] for page in asked_pages]
