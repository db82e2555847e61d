"""Operations: turns requests into operations within bounds, and results into the responses that are sent.

This is the part that all transports share. No result is ever sent without passing through `answer_of`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import strawberry
from graphql import DocumentNode, OperationType
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from models.remembered_facts import FactsGuard
from resolvers.context import Context
from resolvers.events.answers import Deliver, EventSelection
from resolvers.reading.viewers import ACCOUNT_GONE
from resolvers.writing.rights import ViewerGone
from schema.extensions.planned_queries import StreamedResult
from telemetry import tracing
from transport.documents import Document, Documents, require_runnable
from transport.errors import BAD_USER_INPUT, VALIDATION_FAILED, publish
from transport.graphql_request import GraphQLRequest
from transport.limits.bounds import Bounds, Size
from transport.limits.quotas import MIN_CHARGE, Payer
from transport.logs import bind_facts
from transport.refusal import Unauthenticated
from transport.traces import operation_span
from transport.view_as import require_query

ExecutePlanned = Callable[
    [str, DocumentNode, str | None, dict[str, Any], Any, FactsGuard | None], Awaitable[ExecutionResult | None]
]
"""Executes a query by its cached plan, given its text, document, name, variables, context, and what confirms the viewer.

None if it has no plan, or the viewer wasn't confirmed.
"""

StreamPlanned = Callable[
    [str, DocumentNode, str | None, dict[str, Any], Any, FactsGuard | None], Awaitable[StreamedResult | None]
]
"""Starts to execute a query whose result is sent in pieces, given the same. None for all others."""

SelectEvents = Callable[[str, DocumentNode, str | None, dict[str, Any]], EventSelection]
"""Returns what a subscription selects of its events, given its text, document, name and variables."""

MAX_LOGGED_NAME_LENGTH: Final = 100  # characters of an operation's name in the log


class Operation(NamedTuple):
    """An operation that is within bounds and paid for, ready to run."""

    request: GraphQLRequest
    document: Document  # held so that even a document too long for the cache isn't parsed again
    name: str | None
    kind: OperationType
    size: Size

    @property
    def cost(self) -> int:
        """The maximum number of objects in the response."""
        return self.size.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRunner:
    """Prepares and executes the operations on one schema."""

    schema: strawberry.Schema
    documents: Documents
    bounds: Bounds
    planned: ExecutePlanned | None = None
    streamed: StreamPlanned | None = None
    shared: SelectEvents | None = None

    async def prepare(
        self,
        request: GraphQLRequest,
        method: str,
        payer: Payer,
        *,
        streamed: bool = False,
        queries: bool = False,
        times: int = 1,
    ) -> Operation:
        """Select the operation to run, check its bounds, charge `payer` and log it. Raises PublicError or Refusal.

        With `queries`, or if the request uses view-as, it must be a query. `payer` is charged before parsing, for reading the
        document, and afterwards for the operation's cost above that, multiplied by `times`.
        """
        paid = 0
        try:
            self.documents.persisted.resolve(request)
            if not self.documents.is_proven(request.query):  # parsing and validation cost one unit per character
                paid = max(MIN_CHARGE, len(request.query))
                payer.charge(paid)
            operation = await self._admitted(request, method, queries=queries, streamed=streamed)
        except Exception:
            if not paid:
                payer.charge(MIN_CHARGE)
            raise
        if (price := max(MIN_CHARGE, operation.cost * times)) > paid:
            payer.charge(price - paid)
        self.documents.persisted.remember(request, is_visitor=payer.is_visitor)
        return operation

    async def _admitted(self, request: GraphQLRequest, method: str, *, queries: bool, streamed: bool) -> Operation:
        """Select the operation to run and check its bounds. Raises PublicError or Refusal."""
        self.bounds.check_variables(request.variables)
        document = await self.documents.ready(request.query, self.bounds)
        operation = document.operation(request.operation_name)
        if queries or request.view_as is not None:
            require_query(operation.node)
        require_runnable(operation.node, method, streamed=streamed)
        name = operation.name
        bind_facts(operation=name and name[:MAX_LOGGED_NAME_LENGTH], operation_type=operation.type_name)
        size = document.size(operation, request.variables, self.bounds)
        bind_facts(cost=size.cost)
        return Operation(request, document, name, operation.node.operation, size)

    def span(self, operation: Operation) -> AbstractContextManager[object]:
        """Make a span of an operation, if spans are exported."""
        if (exporting := tracing.exporting) is None:
            return nullcontext()
        return operation_span(exporting, operation.kind.value, operation.name, operation.document)

    async def execute(self, operation: Operation, context: object) -> ExecutionResult:
        """Run a query or a mutation in a span of its own. Raises as `run` does."""
        with self.span(operation):
            return await self.run(operation, context)

    async def run(self, operation: Operation, context: object) -> ExecutionResult:
        """Run a query or a mutation. Raises Unauthenticated if the viewer no longer exists and nothing has changed."""
        result = await self.run_planned(operation, context)
        if result is not None:
            return result
        await self.documents.validated(operation.request.query, self.schema._schema, context)
        result = await self.schema.execute(
            operation.request.query,
            variable_values=operation.request.variables,
            operation_name=operation.name,
            context_value=context,
            operation_extensions=operation.request.extensions,
        )
        if result.errors and any(isinstance(error.original_error, ViewerGone) for error in result.errors):
            _refuse_gone(context)
        return result

    async def run_planned(
        self, operation: Operation, context: object, guard: FactsGuard | None = None
    ) -> ExecutionResult | None:
        """Run a query by its plan. None if it has none, or if `guard` doesn't confirm the context's viewer."""
        if self.planned is None or operation.kind is not OperationType.QUERY:
            return None
        request = operation.request
        return await self.planned(request.query, operation.document.ast, operation.name, request.variables, context, guard)

    async def stream(self, operation: Operation, context: object, guard: FactsGuard | None) -> StreamedResult | None:
        """Start a query whose result is sent in pieces. None if it isn't, or if `guard` doesn't confirm the context's viewer."""
        if self.streamed is None or operation.kind is not OperationType.QUERY:
            return None
        request = operation.request
        return await self.streamed(request.query, operation.document.ast, operation.name, request.variables, context, guard)

    async def subscribe(self, operation: Operation, context: object, deliver: Deliver) -> AsyncGenerator[ExecutionResult, None]:
        """Run a subscription and yield a result for each event. Results that several subscribers get are delivered instead."""
        if self.shared is not None and isinstance(context, Context):
            request = operation.request
            context.selection = self.shared(request.query, operation.document.ast, operation.name, request.variables)
            context.deliver = deliver
        await self.documents.validated(operation.request.query, self.schema._schema, context)
        results: Any = await self.schema.subscribe(
            operation.request.query,
            variable_values=operation.request.variables,
            operation_name=operation.name,
            context_value=context,
            operation_extensions=operation.request.extensions,
        )
        stream: AsyncGenerator[ExecutionResult, None] = results
        return stream


def _refuse_gone(context: object) -> None:
    """Raise Unauthenticated, unless part of the operation has taken effect: then the response must report it."""
    if not getattr(context, "has_changed", False):
        raise Unauthenticated(ACCOUNT_GONE)


def answer_of(result: ExecutionResult, request_id: str) -> dict[str, Any]:
    """Return the response for a result. It has no `data` only if the operation didn't run."""
    errors = result.errors or []
    answer: dict[str, Any] = {}
    if errors:
        code = VALIDATION_FAILED if isinstance(result, PreExecutionError) else BAD_USER_INPUT
        answer["errors"] = publish(errors, request_id, code)
    if result.data is not None or not errors or any(error.path for error in errors):
        answer["data"] = result.data
    if result.extensions:
        answer["extensions"] = result.extensions
    return answer
