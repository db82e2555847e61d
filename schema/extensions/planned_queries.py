"""Queries whose plans are cached run without Strawberry, whose stages and hooks have nothing to do for them.

The response is the same: data and redactions come from the same plan, and the same event is recorded in the audit log.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import DocumentNode
from strawberry.types import ExecutionResult

from models.remembered_facts import FactsGuard
from resolvers.context import Context
from resolvers.execution.streamed_pages import StreamedPage
from schema.extensions.auditing import Auditing, Executed
from schema.extensions.planned_execution import Planning
from schema.schema import response_extensions


@dataclass(frozen=True, slots=True)
class PlannedQueries:
    """The planned queries of one schema."""

    schema: strawberry.Schema
    planning: Planning
    auditing: Auditing

    async def execute(
        self,
        text: str,
        document: DocumentNode,
        name: str | None,
        variables: dict[str, Any],
        context: Context,
        guard: FactsGuard | None = None,
    ) -> ExecutionResult | None:
        """Execute a query by its cached plan. None if the schema has to execute it, or if the viewer isn't what `guard` expects."""
        context.guard = guard
        answer = await self.planning.of(self.schema).answer_at_once(text, name, variables, context)
        if answer is None or not (guard is None or await guard.holds()):
            return None
        executed = Executed(self.schema, context, text, name, document)
        extensions = response_extensions(context, answer.data)
        await self.auditing.record(executed, answer.data)
        return ExecutionResult(data=answer.data, errors=answer.errors or None, extensions=extensions)

    async def stream(
        self,
        text: str,
        document: DocumentNode,
        name: str | None,
        variables: dict[str, Any],
        context: Context,
        guard: FactsGuard | None = None,
    ) -> StreamedResult | None:
        """Execute a query for a large page by its cached plan, and send it in pieces. None if it isn't such a query.

        Reads of audited fields are recorded before they are sent, so such a page isn't streamed.
        """
        executed = Executed(self.schema, context, text, name, document)
        if self.auditing.keys(executed):
            return None
        context.guard = guard
        page = await self.planning.of(self.schema).stream(text, name, variables, context)
        if page is not None:
            return StreamedResult(page, executed, self.auditing)
        if guard is not None:
            guard.start_again()
        return None


class StreamedResult:
    """The result of a query for a large page, whose items come in pieces.

    `result` has SentItems in place of the items. It's complete, with its extensions, after the last piece.
    """

    def __init__(self, page: StreamedPage, executed: Executed, auditing: Auditing) -> None:
        self._page = page
        self._executed = executed
        self._auditing = auditing
        self.result = ExecutionResult(data=page.data, errors=None)

    async def pieces(self) -> AsyncGenerator[list[Any], None]:
        """Yield the items, piece by piece. What was hidden is recorded before the last byte of the response is sent."""
        async with aclosing(self._page.pieces()) as pieces:
            async for items in pieces:
                yield items
        data = self._page.data
        extensions = response_extensions(self._executed.context, data)
        await self._auditing.record(self._executed, data)
        self.result = ExecutionResult(data=data, errors=None, extensions=extensions)
