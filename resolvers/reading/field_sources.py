"""Batch resolvers that most concepts share. Each is a description of where a field's values come from.

When called, they load through the request's loaders. The planner doesn't call them: it reads their attributes and selects only
the columns it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from resolvers.reading.connections import Page, load_pages
from resolvers.reading.records import Record
from resolvers.values import identifiers

if TYPE_CHECKING:
    from resolvers.context import Context

ConnectionArguments: TypeAlias = tuple[dict[str, Any], tuple[str, ...]]
"""The arguments of a connection as `load_pages` takes them, and the policy actions that its rows have to allow."""


def unchanged(arguments: dict[str, Any]) -> ConnectionArguments:
    """Return the arguments as they are, for rows that the viewer can read."""
    return arguments, ("read",)


def with_search(arguments: dict[str, Any]) -> ConnectionArguments:
    """Select all rows, or those whose text matches the words of `search`, by prefix or approximately."""
    filters = {**(arguments.pop("filter", None) or {}), "search": arguments.pop("search", None)}
    return {**arguments, "filter": filters}, ("read",)


@dataclass(frozen=True, slots=True)
class ToOne:
    """The row of `entity` whose unique column `by` equals `column` of the parent."""

    entity: str
    column: str
    by: str = "id"

    async def __call__(self, parents: Sequence[Any], context: Context) -> list[Record | None]:
        """Return the row for each parent, or None if it doesn't exist or the viewer can't read it."""
        return await context.loaders.rows(self.entity, [getattr(parent, self.column) for parent in parents], by=self.by)


@dataclass(frozen=True, slots=True)
class RelatedColumn:
    """A column of a row that the parent references. None if that row doesn't exist or the viewer can't read it."""

    row: ToOne
    column: str


@dataclass(frozen=True, slots=True)
class ComputedWithFallback:
    """A value computed from the column `own` and, if that is None, from columns of related rows: `make(own, *related)`."""

    make: Callable[..., Any]
    own: str
    related: tuple[RelatedColumn, ...]

    async def __call__(self, parents: Sequence[Any], context: Context) -> list[Any]:
        """Return the value for each parent."""
        rows = [await each.row(parents, context) for each in self.related]
        read = [
            [row and getattr(row, each.column) for row in records] for each, records in zip(self.related, rows, strict=True)
        ]
        return [self.make(getattr(parent, self.own), *values) for parent, *values in zip(parents, *read, strict=True)]


@dataclass(frozen=True, slots=True)
class ToManyByArray:
    """The rows of `entity` whose unique column `by` is in the array `column` of the parent, in the array's order."""

    entity: str
    column: str
    by: str

    async def __call__(self, parents: Sequence[Any], context: Context) -> list[list[Record]]:
        """Return the rows for each parent."""
        keys = [key for parent in parents for key in getattr(parent, self.column)]
        records = dict(zip(keys, await context.loaders.rows(self.entity, keys, by=self.by), strict=True))
        return [[row for key in getattr(parent, self.column) if (row := records[key])] for parent in parents]


@dataclass(frozen=True, slots=True)
class ToMany:
    """All rows of `entity` whose column `by` equals the parent's column `key`, sorted by the column `order`."""

    entity: str
    by: str
    order: str
    key: str = "id"

    async def __call__(self, parents: Sequence[Any], context: Context) -> list[list[Record]]:
        """Return the rows for each parent."""
        keys = [getattr(parent, self.key) for parent in parents]
        return await context.loaders.lists(self.entity, keys, by=self.by, order=self.order)


@dataclass(frozen=True, slots=True)
class ManyToMany:
    """The rows of `entity` that a link table connects with the parent, sorted by key.

    A row of `links` connects the parent whose key is in its column `by` with the row whose key is in its column `column`.
    """

    links: str
    by: str
    column: str
    entity: str

    async def __call__(self, parents: Sequence[Any], context: Context) -> list[list[Record]]:
        """Return the rows for each parent."""
        linked = await context.loaders.lists(self.links, [parent.id for parent in parents], by=self.by, order=self.column)
        keys = [getattr(link, self.column) for links in linked for link in links]
        records = dict(zip(keys, await context.loaders.rows(self.entity, keys), strict=True))
        return [[row for link in links if (row := records[getattr(link, self.column)])] for links in linked]


@dataclass(frozen=True, slots=True)
class ChildConnection:
    """The connection of `entity` below each parent. The relation, one of RELATIONS, compares the parent's column `key`."""

    entity: str
    relation: str
    key: str = "id"

    async def __call__(self, parents: Sequence[Any], context: Context, **arguments: Any) -> list[Page]:
        """Return the page for each parent."""
        keys = [getattr(parent, self.key) for parent in parents]
        return await load_pages(context, self.entity, arguments, relation=self.relation, parents=keys)


@dataclass(frozen=True, slots=True)
class RootConnection:
    """The connection of all rows of `entity` that the viewer can read. `narrow` maps the field's arguments to `load_pages`' own."""

    entity: str
    narrow: Callable[[dict[str, Any]], ConnectionArguments] = unchanged

    async def __call__(self, roots: Sequence[object], context: Context, **arguments: Any) -> list[Page]:
        """Return the same page for each root."""
        narrowed, actions = self.narrow(arguments)
        return await load_pages(context, self.entity, narrowed, actions=actions) * len(roots)


@dataclass(frozen=True, slots=True)
class ById:
    """The object of one type with a given global id."""

    entity: str

    async def __call__(self, roots: Sequence[object], context: Context, **arguments: Any) -> list[Record | None]:
        """Return the object, or None if it doesn't exist or the viewer can't read it. Raises InvalidId."""
        key = identifiers.parse(arguments["id"], "id", self.entity).key
        return await context.loaders.rows(self.entity, [key] * len(roots))
