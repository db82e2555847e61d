"""Answers to events that several subscribers get, and what is needed to make them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy.sql.selectable import Select

from models.reading import Row, Snapshot, compile_statement
from policies.sealed_viewer import WITHHELD, SealedViewer, sealed, sealed_parameters
from policies.viewer import Viewer

if TYPE_CHECKING:
    from resolvers.context import Context, Services
    from resolvers.reading.records import Record
    from resolvers.reading.redactions import Redactions

NAMES = frozenset(f"viewer_{name}" for name in WITHHELD)


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
    """Reads a snapshot for a sealed viewer, and refuses statements that need a withheld value."""

    def __init__(self, snapshot: Snapshot, viewer: SealedViewer) -> None:
        self._snapshot = snapshot
        self._viewer = viewer

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Row]:
        """Run a statement and return all rows. Raises ValueWithheld."""
        if not NAMES.isdisjoint(compile_statement(statement).names):
            raise self._viewer.open()
        return await self._snapshot.fetch(statement, parameters)

    async def run(self, text: str, arguments: Sequence[Any]) -> Sequence[Row]:
        """Run a compiled statement and return all rows."""
        return await self._snapshot.run(text, arguments)


def sealed_context(
    make: Callable[[Services, Viewer], Context], services: Services, viewer: Viewer, snapshot: Snapshot
) -> Context:
    """Return a context for an answer that all viewers with the same shared values can get."""
    seal = sealed(viewer)
    context = make(services, seal)
    reader: Any = SealedReader(snapshot, seal)
    context.reader = reader
    context._parameters = sealed_parameters(seal)
    return context
