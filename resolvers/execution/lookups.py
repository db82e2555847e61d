"""Lookups: the statements of a plan. Each is compiled when it first runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from cachetools import LRUCache

from models.reading import Compiled, compile_statement
from resolvers.execution.object_builders import PlanRun
from resolvers.execution.rows import Rows
from resolvers.reading import statements
from resolvers.reading.statements import KEYS, Source

if TYPE_CHECKING:
    from resolvers.context import Context
    from resolvers.reading.page_requests import PageRequest

STATEMENT_CACHE_SIZE: Final = 32  # of one connection: combinations of page size, order and filters


class RowLookup:
    """Looks up the rows that the viewer can read by a column."""

    def __init__(self, rows: Rows, by: str, order: str | None = None) -> None:
        rows.read(by)
        self.rows = rows
        self._by = by
        self._order = order
        self._statement: Compiled | None = None
        self._key_position = 0

    async def read(self, keys: Iterable[Any], run: PlanRun) -> Sequence[Any]:
        """Return the rows whose column is one of the keys."""
        distinct = set(keys)
        distinct.discard(None)
        if not distinct:
            return ()
        if self._statement is None:
            source = self.rows.source(self.rows.narrowed(self.rows.decision.rows))
            if source.is_empty:
                return ()
            self._key_position = self.rows.labels.index(self._by)
            self._statement = compile_statement(statements.select_rows_by(source, self._by, self._order))
        return await run.fetch(self._statement, {KEYS: list(distinct)})

    def keys(self, rows: Sequence[Any]) -> list[Any]:
        """Return the key by which each row was found."""
        key_position = self._key_position
        return [row[key_position] for row in rows]


class LinkedLookup:
    """Looks up the rows that a link table references from keys. Each row comes once, with the positions of these keys."""

    def __init__(self, source: Callable[[], Source], links: str, by: str, column: str) -> None:
        """`source` is called at the first run, when all columns that are read are known."""
        self._source = source
        self._links = (links, by, column)
        self._statement: Compiled | None = None

    async def read(self, keys: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """Return the rows. Their first column is the array of positions, from 1."""
        if self._statement is None:
            source = self._source()
            if source.is_empty:
                return ()
            self._statement = compile_statement(statements.select_linked(source, *self._links))
        return await run.fetch(self._statement, {KEYS: keys})


class PageLookup:
    """Looks up pages of one connection: the rows that the viewer can read.

    A page has one row more than its size if there are further rows.
    """

    def __init__(self, rows: Rows, relation: str | None) -> None:
        self.rows = rows
        self.key_position = 1 if relation else 0  # after the parent's position, if there is one
        self.relation = relation
        self._statements: LRUCache[Any, Compiled | None] = LRUCache(STATEMENT_CACHE_SIZE)

    async def read(self, request: PageRequest, parents: Sequence[UUID | None], run: PlanRun) -> list[Sequence[Any]]:
        """Return the rows of each parent's page. A single parent None stands for the whole list."""
        statement = self.statement(request, run.context)
        if statement is None:
            return [()] * len(parents)
        rows = await run.fetch(statement, {**request.parameters, KEYS: parents})
        if self.relation is None:
            return [rows]
        pages: list[Sequence[Any]] = [[] for _ in parents]
        for row in rows:
            pages[row[0] - 1].append(row)
        return pages

    def statement(self, request: PageRequest, context: Context) -> Compiled | None:
        """Return the statement of a request, or None if policy excludes every row."""
        key = (request.actions, request.selection, request.window)
        if key not in self._statements:
            allowed, through = context.allowed(self.rows.entity, request.actions, request.selection.link_type)
            source = self.rows.source(self.rows.narrowed(allowed), through)
            statement = (
                None
                if source.is_empty
                else compile_statement(statements.select_page(source, request.selection, request.window))
            )
            self._statements[key] = statement
        return self._statements[key]
