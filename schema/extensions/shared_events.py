"""Answers to events that several subscribers get: executed and encoded once, recorded for each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
import strawberry
from graphql import DocumentNode, execute
from graphql.pyutils import is_awaitable

from resolvers.context import Context
from resolvers.events.answers import EventSelection, SharedAnswer
from resolvers.reading.records import Record
from schema.extensions.auditing import Auditing, Executed
from schema.schema import extensions_of


@dataclass(frozen=True, slots=True)
class SharedEvents:
    """The events of one schema."""

    schema: strawberry.Schema
    auditing: Auditing

    def selection(self, text: str, document: DocumentNode, name: str | None, variables: dict[str, Any]) -> EventSelection:
        """Return what a valid subscription selects of its events."""

        async def answer(context: Context, record: Record) -> SharedAnswer | None:
            result: Any = execute(
                self.schema._schema,
                document,
                root_value=record,
                context_value=context,
                variable_values=variables,
                operation_name=name,
            )
            if is_awaitable(result):
                result = await result
            if result.errors or context.audit_trail.denied or context.audit_trail.explained_for:
                return None  # errors name the request, and refused actions are recorded for their viewer
            answered = {"data": result.data, "extensions": extensions_of(context, result.data)}
            return SharedAnswer(orjson.dumps(answered), result.data, context.redactions)

        async def record_for(context: Context, shared: SharedAnswer) -> None:
            context.redactions = shared.redactions
            context.redactions.count(shared.data)
            await self.auditing.record(Executed(self.schema, context, text, name, document), shared.data)

        key = text, name, orjson.dumps(variables, option=orjson.OPT_SORT_KEYS).decode()  # orjson's own bytes keep 4 kB
        return EventSelection(key, answer, record_for)
