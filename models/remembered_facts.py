"""Remembered facts: a request starts with the row that a statement returned earlier, and its own first statement confirms it.

One statement then reads facts and data, from one snapshot. If the row has changed since, that statement returns nothing, and the
request starts again with the current row. So no cache has to be invalidated (docs/decisions/remembered-facts.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final, Protocol, TypeAlias

from cachetools import LRUCache
from sqlalchemy.sql.selectable import Select

from models.caches import find
from models.reading import STATEMENT_CACHE_SIZE, Reader, compile_statement
from models.statement_rows import PARAMETER, with_text
from telemetry import metrics

MEMORY_SIZE: Final = 20_000  # rows, of about 1 kB each
CONFIRMED: Final = metrics.REMEMBERED_FACTS.child("confirmed")
STALE: Final = metrics.REMEMBERED_FACTS.child("stale")


class FactsReader(Protocol):
    """Runs the statement that reads a request's facts."""

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Return all rows."""


class Source(Protocol):
    """A replica, which reads data in place of the primary."""

    is_confirmed: bool

    async def run(self, text: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Run a compiled statement and return all rows."""


Read: TypeAlias = Callable[[str, Sequence[Any]], Awaitable[Sequence[Any]]]
"""Runs a compiled statement, given its text and arguments, and returns rows."""


class StaleFacts(Exception):
    """The facts have changed since they were remembered."""


class FactsRow(tuple[Any, ...]):
    """A row of facts. `derived` caches what callers compute from it; it's dropped with the row."""

    def __init__(self, _values: Iterable[Any]) -> None:
        self.derived: dict[Any, Any] = {}


@dataclass(frozen=True, slots=True)
class Facts:
    """A row, as a tuple and as PostgreSQL's text. Two rows of a statement are equal if their texts are equal."""

    statement: str
    arguments: tuple[Any, ...]
    row: FactsRow
    text: str


class FactsMemory:
    """The facts of earlier requests. The least recently used are forgotten."""

    def __init__(self, reader: Reader, size: int = MEMORY_SIZE) -> None:
        self._reader = reader
        self._kept: LRUCache[Any, Facts] = LRUCache(size)

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Return the current rows. A single row is remembered."""
        rows, _ = await self.load(statement, parameters)
        return rows

    async def load(self, statement: Select[Any], parameters: Mapping[str, Any]) -> tuple[Sequence[Any], Facts | None]:
        """Return the current rows, and the remembered facts if it's a single row."""
        text, arguments = key = key_of(statement, parameters)
        found = await self._reader.run(with_text(text), arguments)
        self._kept.pop(key, None)
        rows = [FactsRow(tuple(row)[:-1]) for row in found]
        if len(rows) != 1:
            return rows, None
        facts = self._kept[key] = Facts(text, arguments, rows[0], found[0][-1])
        return rows, facts

    def recall(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Facts | None:
        """Return the facts that the statement returned last, or None."""
        return find(self._kept, key_of(statement, parameters))

    def presumed(self, *, again: bool = False) -> PresumedFacts:
        """Return a reader of one request's facts. With `again`, it doesn't use remembered ones."""
        return PresumedFacts(self, self._reader, again)


class PresumedFacts:
    """Reads the facts of one request, from memory if possible. `guard` then confirms them; without one, they are current."""

    def __init__(self, memory: FactsMemory, reader: Reader, again: bool) -> None:
        self._memory = memory
        self._reader = reader
        self._again = again
        self.guard: FactsGuard | None = None

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Return the row of the first statement, or all current rows of any other."""
        if self.guard is not None:
            return await self._memory.fetch(statement, parameters)
        recalled = None if self._again else self._memory.recall(statement, parameters)
        rows, facts = ([recalled.row], recalled) if recalled else await self._memory.load(statement, parameters)
        if facts is not None:
            self.guard = FactsGuard(facts, self._reader, is_recalled=recalled is not None)
        return rows


class FactsGuard:
    """Confirms remembered facts, in the first statement that a request runs or else by one of its own."""

    def __init__(self, facts: Facts, reader: Reader, *, is_recalled: bool) -> None:
        """`is_recalled` is True if the facts come from an earlier request, and False if this request has read them."""
        self._facts = facts
        self._reader = reader
        self.is_recalled = is_recalled
        self._was_asked = False
        self._is_confirmed = False
        self.is_stale = False  # whether the facts have changed since
        self.source: Source | None = None  # the replica that reads the data; the facts are confirmed on the primary too

    async def run(self, text: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Run a statement. The first one of a request also confirms the facts. Raises StaleFacts.

        No row can have only NULLs: that is how the statement says that it has no rows.
        """
        if self._was_asked:
            return await (self.source or self._reader).run(text, arguments)
        read = self._reader.run if self.source is None else partial(self._run_on_replica, self.source)
        return await self.confirm(text, arguments, read)

    async def confirm(self, text: str, arguments: Sequence[Any], read: Read) -> Sequence[Any]:
        """Run the first statement of a request, as `run` does. `read` executes it; it can return only the first of its rows."""
        self._was_asked = True
        facts = self._facts
        guarded = _guarded(text, facts.statement, len(arguments), len(facts.arguments))
        rows = await read(guarded, [*arguments, *facts.arguments, facts.text])
        self._settle(bool(rows))
        if not rows:
            raise StaleFacts
        is_empty = len(rows) == 1 and all(value is None for value in rows[0])  # the outer join's row
        return () if is_empty else rows

    async def _run_on_replica(self, source: Source, guarded: str, values: Sequence[Any]) -> Sequence[Any]:
        """Compare the facts on the replica, in the data's snapshot, and on the primary, where they are current."""
        rows: Sequence[Any]
        rows, is_current = await asyncio.gather(source.run(guarded, values), self._is_current())
        if not is_current:
            self._settle(False)
        if not is_current or not rows:
            raise StaleFacts
        source.is_confirmed = True
        return rows

    def start_again(self) -> None:
        """Have the facts confirmed again, because the request runs its first statement again."""
        self._was_asked = self._is_confirmed = False

    async def holds(self) -> bool:
        """Return whether the facts are confirmed. Call this before sending anything that depends on them."""
        if not self._was_asked:
            self._was_asked = True
            self._settle(await self._is_current())
        return self._is_confirmed

    async def _is_current(self) -> bool:
        rows = await self._reader.run(with_text(self._facts.statement), self._facts.arguments)
        is_current: bool = [row[-1] for row in rows] == [self._facts.text]
        return is_current

    def _settle(self, is_confirmed: bool) -> None:
        self._is_confirmed, self.is_stale = is_confirmed, not is_confirmed
        (CONFIRMED if is_confirmed else STALE).value += 1


def key_of(statement: Select[Any], parameters: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return the key of a statement's facts: its text and its arguments."""
    compiled = compile_statement(statement)
    return compiled.text, tuple(compiled.arguments(parameters))


@lru_cache(STATEMENT_CACHE_SIZE)
def _guarded(text: str, facts: str, own: int, of_facts: int) -> str:
    """Return a statement with the rows of `text`, or one row of NULLs if there are none. If the facts have changed, it has no rows.

    Its parameters are those of `text`, those of `facts`, and the facts' text. OFFSET 0 keeps PostgreSQL from reading the facts twice.
    """
    renumbered = PARAMETER.sub(lambda match: f"${int(match[1]) + own}", facts)
    return (
        f"SELECT data.* FROM (SELECT facts::text AS facts_text FROM ({renumbered}) AS facts OFFSET 0) AS guard "  # noqa: S608
        f"LEFT JOIN LATERAL ({text}) AS data ON true WHERE guard.facts_text = ${own + of_facts + 1}"
    )
