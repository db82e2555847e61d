"""Batch resolvers that every concept has, each a description of where its values stand.

Called, they load through the request's loaders. The planner reads their attributes instead, and selects only the columns it needs.
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
"""The arguments of a connection as `pages` takes them, and the actions of policy that its rows have to allow."""


def unchanged(arguments: dict[str, Any]) -> ConnectionArguments:
    """The arguments as they are, of rows that may be read."""
    return arguments, ("read",)


@dataclass(frozen=True, slots=True)
class ToOne:
    """The row of `entity` whose unique column `by` each parent has in `column`."""

    entity: str
    column: str
    by: str = "id"

    async def __call__(self, parents: Sequence[Any], context: Context) -> list[Record | None]:
        """The row of each parent, None where there is none or the viewer may not read it."""
        return await context.loaders.rows(self.entity, [getattr(parent, self.column) for parent in parents], by=self.by)


@dataclass(frozen=True, slots=True)
class RelatedColumn:
    """A column of the row that each parent names, None where that row is not there or may not be read."""

    row: ToOne
    column: str


@dataclass(frozen=True, slots=True)
class ComputedWithFallback:
    """A value that `make` makes of the column `own` and, where that is None, of columns of related rows: `make(own, *related)`."""

    make: Callable[..., Any]
    own: str
    related: tuple[RelatedColumn, ...]

    async def __call__(self, parents: Sequence[Any], context: Context) -> list[Any]:
        """The value of each parent."""
        rows = [await each.row(parents, context) for each in self.related]
        read = [[row and getattr(row, each.column) for row in found] for each, found in zip(self.related, rows, strict=True)]
        return [self.make(getattr(parent, self.own), *values) for parent, *values in zip(parents, *read, strict=True)]


@dataclass(frozen=True, slots=True)
class ToManyByArray:
    """The rows of `entity` whose unique column `by` each parent has in the array `column`, in the array's order."""

    entity: str
    column: str
    by: str

    async def __call__(self, parents: Sequence[Any], context: Context) -> list[list[Record]]:
        """The rows of each parent."""
        keys = [key for parent in parents for key in getattr(parent, self.column)]
        found = dict(zip(keys, await context.loaders.rows(self.entity, keys, by=self.by), strict=True))
        return [[row for key in getattr(parent, self.column) if (row := found[key])] for parent in parents]


@dataclass(frozen=True, slots=True)
class ToMany:
    """All rows of `entity` whose column `by` is each parent's key, sorted by the column `order`."""

    entity: str
    by: str
    order: str

    async def __call__(self, parents: Sequence[Any], context: Context) -> list[list[Record]]:
        """The rows of each parent."""
        return await context.loaders.lists(self.entity, [parent.id for parent in parents], by=self.by, order=self.order)


@dataclass(frozen=True, slots=True)
class ManyToMany:
    """The rows of `entity` that the column `column` of rows of `links` names whose column `by` is each parent's key, by key."""

    links: str
    by: str
    column: str
    entity: str

    async def __call__(self, parents: Sequence[Any], context: Context) -> list[list[Record]]:
        """The rows of each parent."""
        linked = await context.loaders.lists(self.links, [parent.id for parent in parents], by=self.by, order=self.column)
        keys = [getattr(link, self.column) for links in linked for link in links]
        found = dict(zip(keys, await context.loaders.rows(self.entity, keys), strict=True))
        return [[row for link in links if (row := found[getattr(link, self.column)])] for links in linked]


@dataclass(frozen=True, slots=True)
class ChildConnection:
    """The connection of `entity` below each parent, whose `key` a relation of RELATIONS compares."""

    entity: str
    relation: str
    key: str = "id"

    async def __call__(self, parents: Sequence[Any], context: Context, **arguments: Any) -> list[Page]:
        """The page of each parent."""
        keys = [getattr(parent, self.key) for parent in parents]
        return await load_pages(context, self.entity, arguments, relation=self.relation, parents=keys)


@dataclass(frozen=True, slots=True)
class RootConnection:
    """The connection of all of `entity` that the viewer may read. `narrow` makes of the field's arguments those of `pages`."""

    entity: str
    narrow: Callable[[dict[str, Any]], ConnectionArguments] = unchanged

    async def __call__(self, roots: Sequence[object], context: Context, **arguments: Any) -> list[Page]:
        """The same page for each root."""
        narrowed, actions = self.narrow(arguments)
        return await load_pages(context, self.entity, narrowed, actions=actions) * len(roots)


@dataclass(frozen=True, slots=True)
class ById:
    """The thing of one type that a global id names."""

    entity: str

    async def __call__(self, roots: Sequence[object], context: Context, **arguments: Any) -> list[Record | None]:
        """The thing, None where there is none or the viewer may not read it. Raises InvalidId."""
        key = identifiers.parse(arguments["id"], "id", self.entity).key
        return await context.loaders.rows(self.entity, [key] * len(roots))
