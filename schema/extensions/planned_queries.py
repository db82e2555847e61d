"""Queries whose plans are cached run without Strawberry, whose stages and hooks have nothing to do for them.

The response is the same: data and redactions come from the same plan, and the same event is recorded in the audit log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import DocumentNode
from strawberry.types import ExecutionResult

from models.remembered_facts import FactsGuard
from resolvers.context import Context
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
