"""Batch resolvers that every concept has: a thing by its id, the thing that a column names, a list, a list below a parent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from resolvers import identifiers
from resolvers.batch import BatchResolver
from resolvers.connection import PageOf, pages
from resolvers.record import Record

if TYPE_CHECKING:
    from resolvers.context import Context


def named_by(entity: str, column: str) -> BatchResolver:
    """The row of `entity` whose key each parent has in `column`."""

    async def row(parents: Sequence[Record], context: Context) -> list[Record | None]:
        return await context.loaders.rows(entity, [getattr(parent, column) for parent in parents])

    return row


def belonging(entity: str, column: str) -> BatchResolver:
    """The one row of `entity` whose `column` is each parent's key."""

    async def row(parents: Sequence[Record], context: Context) -> list[Record | None]:
        return await context.loaders.rows(entity, [parent.id for parent in parents], by=column)

    return row


def listed(entity: str, column: str, order: str) -> BatchResolver:
    """All rows of `entity` whose `column` is each parent's key, sorted by the column `order`."""

    async def rows(parents: Sequence[Record], context: Context) -> list[list[Record]]:
        return await context.loaders.lists(entity, [parent.id for parent in parents], by=column, order=order)

    return rows


def below(entity: str, relation: str, key: str = "id") -> BatchResolver:
    """The connection of `entity` below each parent, whose `key` a relation of RELATIONS compares."""

    async def connection(parents: Sequence[Record], context: Context, **arguments: Any) -> list[PageOf]:
        keys = [getattr(parent, key) for parent in parents]
        return await pages(context, entity, arguments, relation=relation, parents=keys)

    return connection


def everything(entity: str) -> BatchResolver:
    """The connection of all of `entity` that the viewer may read."""

    async def connection(roots: Sequence[object], context: Context, **arguments: Any) -> list[PageOf]:
        return await pages(context, entity, arguments) * len(roots)

    return connection


def by_id(entity: str) -> BatchResolver:
    """The thing of one type that a global id names, None where there is none or the viewer may not read it."""

    async def row(roots: Sequence[object], context: Context, **arguments: Any) -> list[Record | None]:
        key = identifiers.parse(arguments["id"], "id", entity).key
        return await context.loaders.rows(entity, [key] * len(roots))

    return row
