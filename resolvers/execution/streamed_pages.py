"""Streamed pages: the rows of a large page are read by a cursor, and its objects are built and sent in pieces.

Built at once, a page of 10,000 rows takes several times the memory of its response and delays all other requests. In pieces, memory
and delay are those of one piece. All rows and the viewer's facts are of one snapshot. An error can't be reported once the response
has started, so pages with fields that can fail aren't streamed (docs/decisions/large-pages-are-streamed.md).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from graphql import GraphQLError

from models.database import is_lost
from models.reading import Compiled, Pieces, Snapshot
from resolvers.auditing.recording import count_hidden
from resolvers.execution.children import (
    ConnectionStep,
    ManyToManyStep,
    SelectedItems,
    ToManyByArrayStep,
    ToManyStep,
    ToOneStep,
)
from resolvers.execution.codegen import NotPlannable, Unplanned
from resolvers.execution.object_builders import ChildStep, ObjectBuilder, PlanRun
from resolvers.execution.redaction_tracking import RedactionTracker, SentItems
from resolvers.reading.batching import ROOT
from resolvers.reading.connections import Page, Total
from resolvers.reading.page_requests import PageRequest
from resolvers.reading.statements import KEYS

if TYPE_CHECKING:
    from resolvers.context import Context
    from resolvers.execution.planner import PlannedField
    from resolvers.execution.variables import Variables

MAX_UNSTREAMED_ROWS: Final = 1000
PIECE_ROWS: Final = 200


class SnapshotRun(PlanRun):
    """A run of a plan whose statements all read one snapshot."""

    def __init__(self, context: Context, variables: Variables, snapshot: Snapshot) -> None:
        super().__init__(context, variables)
        self._snapshot = snapshot

    async def fetch(self, statement: Compiled, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Return the rows of a statement."""
        return await self._snapshot.run(statement.text, statement.arguments({**self.context.parameters, **parameters}))


@dataclass(slots=True)
class PageStream:
    """How to stream the page that is the only root field of an operation.

    `has_failed` is True once a row couldn't be built without graphql-core. Then pages are built at once, which can use it.
    """

    key: str
    root: PlannedField
    step: ConnectionStep
    items: SelectedItems
    tracker: RedactionTracker | None
    has_failed: bool = False

    @classmethod
    def of(cls, planned: Mapping[str, PlannedField], tracker: RedactionTracker | None) -> Self | None:
        """Return how to stream the page of an operation with these root fields, or None if it can't be streamed."""
        if len(planned) != 1:
            return None
        ((key, root),) = planned.items()
        match root.builder.children:
            case [ConnectionStep(keys=None, items=(items,), info_comes_first=False) as step] if _cannot_fail(items.builder):
                return cls(key, root, step, items, tracker)
        return None

    async def open(self, context: Context, variables: Variables) -> StreamedPage | None:
        """Confirm the viewer, and build the first piece of the page. None if the page isn't large. Raises any failure."""
        run = PlanRun(context, variables)
        rows = None if self.has_failed else self.step.arguments(run).get("first")
        if not isinstance(rows, int) or rows <= MAX_UNSTREAMED_ROWS:
            return None
        try:
            request = self.step.request(run)
        except GraphQLError:  # the plan reports it
            return None
        statement = self.step.lookup.statement(request, context)
        if statement is None:
            return None
        totals = await self.step.totals(request, [None], run) if self.step.counts else None
        page = StreamedPage(self, context, request, statement, totals)
        await page.begin(variables)
        return page

    def data(self, page: Page, items: SentItems, totals: list[Total] | None, run: PlanRun) -> dict[str, Any]:
        """Return the response with SentItems in place of the items."""
        lists = [[items]] if totals is None else [[items], totals]
        connection = self.step.builder.build([page], run, *lists)
        return {self.key: self.root.builder.build([ROOT], run, connection)[0]}


class StreamedPage:
    """A page that is being sent. `data` is the response with SentItems in place of the items. It's complete after the last piece."""

    def __init__(
        self, stream: PageStream, context: Context, request: PageRequest, statement: Compiled, totals: list[Total] | None
    ) -> None:
        self._stream = stream
        self._context = context
        self._request = request
        self._statement = statement
        self._totals = totals
        self._sent = SentItems()
        self._ends: list[Any] = []  # the first and the last row so far
        self.data: dict[str, Any] = {}

    async def begin(self, variables: Variables) -> None:
        """Build the first piece."""
        self._building = self._build(variables)
        self._first = await anext(self._building)

    async def pieces(self) -> AsyncGenerator[list[Any], None]:
        """Yield the objects of the page in pieces."""
        async with aclosing(self._building):
            yield self._first
            async for objects in self._building:
                yield objects

    async def _build(self, variables: Variables) -> AsyncGenerator[list[Any], None]:
        context, left, has_more = self._context, self._request.window.limit - 1, False
        async with context.services.reader.snapshot() as snapshot:
            run = SnapshotRun(context, variables, snapshot)
            async for rows in self._read(snapshot):
                page, has_more = rows[:left], has_more or len(rows) > left
                left -= len(page)
                objects = await self._objects(page, run)
                self.data = self.data or self._data(run, has_more=has_more)
                yield objects
            self.data = self._data(run, has_more=has_more)
        tracker = self._stream.tracker
        entries = tracker.entries(self.data, run.redaction_pass) if tracker else []
        context.redactions.settle(entries, viewers_own=[])  # they have been counted

    async def _read(self, snapshot: Snapshot) -> AsyncGenerator[Sequence[Any], None]:
        """Yield the rows of the page in pieces, with one more row if there is a next page. The first piece confirms the viewer."""
        context, opened = self._context, list[Pieces]()

        async def read_first(text: str, arguments: Sequence[Any]) -> Sequence[Any]:
            opened.append(await snapshot.open(text, arguments, PIECE_ROWS))
            return await opened[0].read()

        statement = self._statement
        arguments = statement.arguments({**context.parameters, **self._request.parameters, KEYS: [None]})
        guard = context.guard
        rows = await (guard.confirm(statement.text, arguments, read_first) if guard else read_first(statement.text, arguments))
        while True:
            yield rows
            if len(rows) < PIECE_ROWS:
                return
            rows = await opened[0].read()

    async def _objects(self, rows: Sequence[Any], run: PlanRun) -> list[Any]:
        """Return the objects of a piece, and record what they hide."""
        stream, audit = self._stream, self._context.audit_trail
        try:
            objects = await stream.items.objects(self._request, rows, stream.step.lookup.key_position, run)
            if run.failures:
                raise NotPlannable("a field below a streamed page failed", Unplanned.FAILED)
        except Exception as error:
            stream.has_failed = not is_lost(error)
            raise
        hidden = run.redaction_pass.collect_items(stream.items.tracker, objects)
        count_hidden(audit.denied, objects, hidden)
        self._sent.add(hidden)
        self._ends = [*(self._ends or rows)[:1], *(rows or self._ends)[-1:]]
        return objects

    def _data(self, run: PlanRun, *, has_more: bool) -> dict[str, Any]:
        return self._stream.data(Page(self._request, None, self._ends, has_more), self._sent, self._totals, run)


def _cannot_fail(builder: ObjectBuilder) -> bool:
    """Return whether no field below the objects of a builder can report an error."""
    return all(_is_plain(child) for child in builder.children)


def _is_plain(child: ChildStep) -> bool:
    match child:
        case ToOneStep(target=target, required=False) | ToManyStep(target=target) | ToManyByArrayStep(target=target):
            return _cannot_fail(target.builder)
        case ManyToManyStep(builder=builder):
            return _cannot_fail(builder)
    return False
