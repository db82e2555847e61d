"""Lookups: the statements of a plan, each compiled when it is first run."""

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

WINDOWS: Final = 32  # page sizes, orders and filters of one field whose statements a plan keeps


class RowLookup:
    """Rows by a column: those that policy lets the viewer read."""

    def __init__(self, rows: Rows, by: str, order: str | None = None) -> None:
        rows.read(by)
        self.rows = rows
        self._by = by
        self._order = order
        self._statement: Compiled | None = None
        self._place = 0

    async def read(self, keys: Iterable[Any], run: PlanRun) -> Sequence[Any]:
        """The rows whose column is one of the keys."""
        wanted = set(keys)
        wanted.discard(None)
        if not wanted:
            return ()
        if self._statement is None:
            source = self.rows.source(self.rows.decision.rows)
            if source.is_empty:
                return ()
            self._place = self.rows.labels.index(self._by)
            self._statement = compile_statement(statements.select_rows_by(source, self._by, self._order))
        return await run.fetch(self._statement, {KEYS: list(wanted)})

    def keys(self, rows: Sequence[Any]) -> list[Any]:
        """The key by which each row was found."""
        place = self._place
        return [row[place] for row in rows]


class LinkedLookup:
    """Rows that a link table names for keys, each once, with the places of these keys."""

    def __init__(self, source: Callable[[], Source], links: str, by: str, column: str) -> None:
        """`source` says what is read, once all is known that is read."""
        self._source = source
        self._links = (links, by, column)
        self._statement: Compiled | None = None

    async def read(self, keys: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """The rows, whose first column is the places."""
        if self._statement is None:
            source = self._source()
            if source.is_empty:
                return ()
            self._statement = compile_statement(statements.select_linked(source, *self._links))
        return await run.fetch(self._statement, {KEYS: keys})


class PageLookup:
    """Pages of one connection: what policy lets the viewer read of them, one row more than is shown where there are more."""

    def __init__(self, rows: Rows, relation: str | None) -> None:
        self.rows = rows
        self.place = 1 if relation else 0  # of the key, after that of the parent
        self.relation = relation
        self._statements: LRUCache[Any, Compiled | None] = LRUCache(WINDOWS)

    async def read(self, asked: PageRequest, parents: Sequence[UUID | None], run: PlanRun) -> list[Sequence[Any]]:
        """The rows of the page of each parent; of the whole list if its one parent is None."""
        statement = self._statement(asked, run.context)
        if statement is None:
            return [()] * len(parents)
        rows = await run.fetch(statement, {**asked.parameters, KEYS: parents})
        if self.relation is None:
            return [rows]
        found: list[Sequence[Any]] = [[] for _ in parents]
        for row in rows:
            found[row[0] - 1].append(row)
        return found

    def _statement(self, asked: PageRequest, context: Context) -> Compiled | None:
        """The statement of a question, None where policy leaves nothing to be read."""
        question = (asked.actions, asked.selection, asked.window)
        if question not in self._statements:
            source = self.rows.source(*context.allowed(self.rows.entity, asked.actions, self.relation))
            made = None if source.is_empty else compile_statement(statements.select_page(source, asked.selection, asked.window))
            self._statements[question] = made
        return self._statements[question]
