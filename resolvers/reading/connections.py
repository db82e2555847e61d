"""Connections: pages of a list in a stable order, by keyset, forward and backward (the Relay specification of connections).

Every row that is counted, sorted, filtered or paged has passed policy. A viewer who can't see the field behind an order or a
filter is refused (A16).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

from described_enum import DescribedEnum
from resolvers.reading.page_requests import PageContext, PageRequest, parse_page_request
from resolvers.reading.records import Record

if TYPE_CHECKING:
    from resolvers.reading.loaders import Loaders


MAX_TOTAL_COUNT: Final = 10_000  # counting further would take as long as the viewer has rows


class CountPrecision(DescribedEnum):
    """Whether a count is complete."""

    EXACT = "EXACT", "It's the number of all items."
    AT_LEAST = "AT_LEAST", "There are more items than counted."


class LoadingContext(PageContext, Protocol):
    """What pages are loaded with."""

    @property
    def loaders(self) -> Loaders:
        """The loaders of the request."""


@dataclass(frozen=True, slots=True)
class Edge:
    """An item of a page, with its cursor."""

    cursor: str
    node: Record


class Page:
    """A page of one connection, with what is needed to count the whole connection."""

    __slots__ = ("has_more", "nodes", "parent", "request")

    def __init__(self, request: PageRequest, parent: UUID | None, nodes: Sequence[Any], has_more: bool) -> None:
        self.request = request
        self.parent = parent
        self.nodes = nodes
        self.has_more = has_more  # whether there are items beyond the page, in the direction of reading

    @property
    def edges(self) -> list[Edge]:
        """The items with their cursors."""
        return [Edge(*item) for item in zip(self.request.cursors(self.nodes), self.nodes, strict=True)]

    @property
    def page_info(self) -> Page:
        """The page itself: it has the fields of PageInfo."""
        return self

    @property
    def has_next_page(self) -> bool:
        """Whether there are items after the page. A cursor stands for an item, so there is an item on its side."""
        window = self.request.window
        return window.before if window.backward else self.has_more

    @property
    def has_previous_page(self) -> bool:
        """Whether there are items before the page."""
        window = self.request.window
        return self.has_more if window.backward else window.after

    @property
    def start_cursor(self) -> str | None:
        """The cursor of the first item."""
        return self.request.cursors(self.nodes[:1])[0] if self.nodes else None

    @property
    def end_cursor(self) -> str | None:
        """The cursor of the last item."""
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
    """Load the page of each parent, in their order, with one statement. Without a relation, load the one page of the whole list."""
    request = parse_page_request(context, entity, arguments, relation, actions)
    records_by_parent = await context.loaders.page(request, parents)
    size = request.window.limit - 1
    loaded = []
    for parent in parents if relation else [None]:
        records = records_by_parent.get(parent, [])
        items = records[:size]
        loaded.append(Page(request, parent, items[::-1] if request.window.backward else items, len(records) > size))
    return loaded


@dataclass(frozen=True, slots=True)
class Total:
    """The number of rows in a connection, as far as they were counted."""

    number: int
    precision: CountPrecision


async def load_totals(context: LoadingContext, request: PageRequest, parents: Sequence[UUID]) -> dict[UUID | None, Total]:
    """Count the rows that the viewer can read below each parent, or in the whole list under None: MAX_TOTAL_COUNT of each at most."""
    counts = await context.loaders.count(request, parents, MAX_TOTAL_COUNT + 1)
    return {parent: _total(number) for parent, number in counts.items()}


def _total(number: int) -> Total:
    if number > MAX_TOTAL_COUNT:
        return Total(MAX_TOTAL_COUNT, CountPrecision.AT_LEAST)
    return Total(number, CountPrecision.EXACT)


async def total_counts(pages: Sequence[Page], context: LoadingContext) -> list[int]:
    """Return the number of items in each page's connection, MAX_TOTAL_COUNT at most."""
    return [total.number for total in await _totals(pages, context)]


async def total_count_precisions(pages: Sequence[Page], context: LoadingContext) -> list[CountPrecision]:
    """Return whether the number is that of all items, for each page's connection."""
    return [total.precision for total in await _totals(pages, context)]


async def _totals(pages: Sequence[Page], context: LoadingContext) -> list[Total]:
    """Count each page's connection, with one statement for all pages of a field."""
    groups: dict[int, list[Page]] = {}
    for page in pages:
        groups.setdefault(id(page.request), []).append(page)
    totals: dict[tuple[int, UUID | None], Total] = {}
    for key, group in groups.items():
        parents = [page.parent for page in group if page.parent]
        totals_by_parent = await load_totals(context, group[0].request, parents)
        totals.update({(key, parent): total for parent, total in totals_by_parent.items()})
    return [totals[id(page.request), page.parent] for page in pages]
