"""Operations: from a request to one that is known to be within bounds, and from its result to the answer that is sent.

What is the same by whatever way a request comes. Nothing is sent that has not passed `answer_of`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Final

import strawberry
from graphql import OperationType
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from resolvers.writing.rights import ACCOUNT_GONE, ViewerGone
from transport.documents import Document, Documents, require_runnable
from transport.errors import BAD_USER_INPUT, VALIDATION_FAILED, publish
from transport.graphql_request import GraphQLRequest
from transport.limits.bounds import Bounds
from transport.limits.quotas import LEAST, Payer
from transport.logs import bind_facts
from transport.refusal import Unauthenticated
from transport.view_as import require_query

LOGGED_NAME: Final = 100  # characters of an operation's name in the log


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation that may run."""

    asked: GraphQLRequest
    document: Document  # kept here so that it isn't parsed again, however long it is
    name: str | None
    kind: OperationType
    cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """Those of one schema."""

    schema: strawberry.Schema
    documents: Documents
    bounds: Bounds

    async def prepare(
        self, asked: GraphQLRequest, method: str, payer: Payer, *, streamed: bool = False, queries: bool = False, times: int = 1
    ) -> Operation:
        """The operation that a request means, which the log is told of. Raises PublicError, or Refusal as the method does.

        It has to be a query where `queries` only are run, or somebody looks as another. `payer` is charged for it, `times` over:
        for reading the document before it is parsed, and for what it costs above that.
        """
        paid = 0
        if not self.documents.is_proven(asked.query):  # it may have to be parsed and validated: that is paid by its characters
            paid = max(LEAST, len(asked.query))
            payer.charge(paid)
        try:
            operation = await self._admitted(asked, method, queries=queries, streamed=streamed)
        except Exception:
            if not paid:
                payer.charge(LEAST)
            raise
        if (price := max(LEAST, operation.cost * times)) > paid:
            payer.charge(price - paid)
        return operation

    async def _admitted(self, asked: GraphQLRequest, method: str, *, queries: bool, streamed: bool) -> Operation:
        """The operation that a request means, if it may be run. Raises PublicError, or Refusal as the method does."""
        self.bounds.check_variables(asked.variables)
        document = await self.documents.ready(asked.query, self.bounds)
        operation = document.operation(asked.operation_name)
        if queries or asked.view_as is not None:
            require_query(operation.node)
        require_runnable(operation.node, method, streamed=streamed)
        name, kind = operation.name, operation.node.operation
        bind_facts(operation=name and name[:LOGGED_NAME], operation_type=kind.value)
        cost = document.cost(operation, asked.variables, self.bounds)
        bind_facts(cost=cost)
        return Operation(asked, document, name, kind, cost)

    async def execute(self, operation: Operation, context: object) -> ExecutionResult:
        """What comes of a query or a mutation. Raises Unauthenticated for a viewer that is gone before anything was changed."""
        await self.documents.validated(operation.asked.query, self.schema._schema, context)
        result = await self.schema.execute(
            operation.asked.query,
            variable_values=operation.asked.variables,
            operation_name=operation.name,
            context_value=context,
            operation_extensions=operation.asked.extensions,
        )
        if result.errors and any(isinstance(error.original_error, ViewerGone) for error in result.errors):
            _refuse_gone(context)
        return result

    async def subscribe(self, operation: Operation, context: object) -> AsyncGenerator[ExecutionResult, None]:
        """What comes of a subscription, event by event."""
        await self.documents.validated(operation.asked.query, self.schema._schema, context)
        results: Any = await self.schema.subscribe(
            operation.asked.query,
            variable_values=operation.asked.variables,
            operation_name=operation.name,
            context_value=context,
            operation_extensions=operation.asked.extensions,
        )
        stream: AsyncGenerator[ExecutionResult, None] = results
        return stream


def _refuse_gone(context: object) -> None:
    """Raises Unauthenticated, unless a part of the operation is done: then its answer has to say so."""
    if not getattr(context, "has_changed", False):
        raise Unauthenticated(ACCOUNT_GONE)


def answer_of(result: ExecutionResult, request_id: str) -> dict[str, Any]:
    """The answer of an operation that ran, or of a request that did not get so far: only then it has no `data`."""
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
