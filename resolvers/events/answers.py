"""Answers to events that several subscribers get, and what is needed to make them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.sql.selectable import Select

from models.reading import Compiled, Row, Snapshot, compile_statement
from models.statement_rows import as_text, columns_of, for_each
from policies.predicates.sql import viewer_parameters
from policies.sealed_viewer import WITHHELD, SealedViewer, sealed, sealed_parameters
from policies.viewer import Viewer

if TYPE_CHECKING:
    from resolvers.context import Context, Services
    from resolvers.reading.records import Record
    from resolvers.reading.redactions import Redactions

ORDER: Final = "ORDER BY"
NAMES: Final = {f"viewer_{name}": name for name in WITHHELD}  # parameters of statements


@dataclass(frozen=True)
class SharedAnswer:
    """The answer to an event, encoded once. `data` and `redactions` are what the audit log counts."""

    payload: bytes
    data: Mapping[str, Any] | None
    redactions: Redactions

    @cached_property
    def text(self) -> str:
        """The answer as text."""
        return self.payload.decode()


@dataclass(frozen=True, slots=True)
class EventSelection:
    """What a subscriber selects of an event, and how to answer it. Selections with equal keys are answered alike."""

    key: Hashable
    execute: Callable[[Context, Record], Awaitable[SharedAnswer | None]] = field(compare=False)
    """Answers for the viewer of a context. None if the answer can't be shared."""

    record: Callable[[Context, SharedAnswer], Awaitable[None]] = field(compare=False)
    """Records an answer in the audit log and the metrics, as what the viewer of a context got."""


Deliver = Callable[[SharedAnswer], Awaitable[bool]]
"""Sends an answer to its subscriber. Returns False if the subscription must end."""


class SealedReader:
    """Reads a snapshot for a sealed viewer. A statement that needs a withheld value must have the same rows for all `viewers`."""

    def __init__(self, snapshot: Snapshot, seal: SealedViewer, viewers: Sequence[Viewer]) -> None:
        self._snapshot = snapshot
        self._seal = seal
        self._viewers = viewers

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Row]:
        """Run a statement and return all rows. Raises ValueWithheld."""
        compiled = compile_statement(statement)
        if NAMES.keys().isdisjoint(compiled.names):
            return await self._snapshot.fetch(statement, parameters)
        if ORDER in compiled.text:  # rows for several viewers come in no certain order
            raise self._seal.open()
        return await self._same(compiled, parameters)

    async def _same(self, compiled: Compiled, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """Return the rows that all viewers get. Raises ValueWithheld if they differ."""
        columns = self._for_each_viewer(compiled, parameters)
        rows = await self._snapshot.run(for_each(compiled.text, len(compiled.names)), columns)
        by_viewer: dict[int, list[Row]] = {number + 1: [] for number in range(len(columns[0]))}
        for row in rows:
            by_viewer[row.given_number].append(row)
        first, *others = by_viewer.values()
        if not all(_are_same(first, other) for other in others):
            raise self._seal.open()
        return first

    def _for_each_viewer(self, compiled: Compiled, parameters: Mapping[str, Any]) -> list[list[str | None]]:
        """Return a statement's arguments for all viewers, as columns of text. Viewers with equal values have one row."""
        values = compiled.arguments({**viewer_parameters(self._viewers[0]), **parameters})
        own = {place: NAMES[name] for place, name in enumerate(compiled.names) if name in NAMES and name not in parameters}
        asked = list(dict.fromkeys(tuple(getattr(viewer, name) for name in own.values()) for viewer in self._viewers))
        columns = [[as_text(value)] * len(asked) for value in values]
        for place, column in zip(own, columns_of(asked), strict=True):
            columns[place] = column
        return columns

    async def run(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        """Run a compiled statement and return all rows."""
        return await self._snapshot.run(text, arguments)


def _are_same(rows: Sequence[Row], others: Sequence[Row]) -> bool:
    """Return whether two viewers get the same rows, in any order. Their numbers come last."""
    if len(rows) != len(others):
        return False
    in_order = all(
        map(_is_same, chain.from_iterable(row[:-1] for row in rows), chain.from_iterable(row[:-1] for row in others))
    )
    return in_order or Counter(map(_values, rows)) == Counter(map(_values, others))


def _is_same(value: object, other: object) -> bool:
    """Return whether two values of one column are written alike: 1.0 and 1.00 aren't."""
    return value == other and (not isinstance(value, Decimal) or str(value) == str(other))


def _values(row: Row) -> str:
    return repr(tuple(row)[:-1])


def sealed_context(
    make: Callable[[Services, Viewer], Context], services: Services, viewers: Sequence[Viewer], snapshot: Snapshot
) -> Context:
    """Return a context for an answer that all of these viewers, who have the same shared values, can get."""
    seal = sealed(viewers[0])
    context = make(services, seal)
    reader: Any = SealedReader(snapshot, seal, viewers)
    context.reader = reader
    context._parameters = sealed_parameters(seal)
    return context
