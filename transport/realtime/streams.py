"""Streams: runs an operation and yields its results one by one, and tracks the connections that stay open for them.

A subscription has a result per event, any other operation has one. A result without `data` is the last. The viewer is loaded again
for each operation, and for each event of a subscription; when the session ends, so does the stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from graphql import OperationType
from starlette.types import Scope
from strawberry.types.execution import PreExecutionError

from models.remembered_facts import FactsReader
from policies.viewer import Viewer
from resolvers.context import Context
from resolvers.events.answers import SharedAnswer
from resolvers.values.errors import PublicError
from transport.authentication.bearer import Session
from transport.graphql_request import GraphQLRequest
from transport.limits.capacity import Capacity, Holder, holder_of, origin_of
from transport.limits.deadlines import time_limit
from transport.limits.quotas import Payer, Quotas, RateLimited
from transport.logs import PolicyVersion, bind_facts
from transport.operations import Operation, OperationRunner, answer_of
from transport.refusal import Refusal, Unauthenticated, error_body
from transport.view_as import ViewAs, bind_viewed_as

MakeSubscriber = Callable[[Viewer, str, str | None, Callable[[FactsReader | None], Awaitable[Viewer | None]]], object]
"""Makes a streamed operation's context from the viewer, the request's ID, its Idempotency-Key, and a viewer loader.

The loader returns None once the session has ended.
"""


Prepared = Operation | PublicError
SendShared = Callable[[SharedAnswer], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Caller:
    """The payer of a connection's operations, and the holders of its subscriptions."""

    payer: Payer
    holders: tuple[Holder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Runs operations. Queries and mutations have `seconds`; for events, PostgreSQL limits the time of each statement."""

    operations: OperationRunner
    make_subscriber: MakeSubscriber
    view_as: ViewAs
    seconds: float
    policy: PolicyVersion
    quotas: Quotas
    subscriptions: Capacity

    def caller(self, scope: Scope, viewer: Viewer) -> Caller:
        """Return the caller of a connection."""
        return Caller(self.quotas.payer(scope, viewer), (*origin_of(scope), *holder_of(viewer)))

    async def answers(
        self, prepared: Prepared, session: Session, request_id: str, caller: Caller, send: SendShared
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the results of what `prepare` returned, until the session ends. `send` sends those that others get too."""
        with ExitStack() as held:
            try:
                operation = _operation(prepared)
                viewer = await session.viewer()
                if viewer is None:
                    return
                bind_facts(user_id=viewer.user_id, company_id=viewer.company_id, policy=self.policy())
                context = await self._context(operation.request, viewer, session, request_id)
                if operation.kind is not OperationType.SUBSCRIPTION:
                    yield await self._single(operation, context, request_id)
                    return
                held.enter_context(self.subscriptions.hold(*caller.holders))
            except PublicError as error:
                yield answer_of(PreExecutionError(data=None, errors=[error]), request_id)
                return
            except Unauthenticated as refusal:
                session.end(refusal.message)
                return
            except Refusal as refusal:
                yield error_body(refusal, request_id)
                return
            async with aclosing(self._events(operation, context, request_id, caller.payer, send)) as events:
                async for event in events:
                    yield event

    async def _events(
        self, operation: Operation, context: object, request_id: str, payer: Payer, send: SendShared
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Yield a subscription's results. Each event is charged the operation's cost; an exhausted quota ends the stream."""
        refusals: list[RateLimited] = []

        async def deliver(answer: SharedAnswer) -> bool:
            await send(answer)
            return _charge(payer, operation.cost, refusals)

        async with aclosing(await self.operations.subscribe(operation, context, deliver)) as results:
            async for result in results:
                yield answer_of(result, request_id)
                if not _charge(payer, operation.cost, refusals):
                    break
        for refusal in refusals:
            yield error_body(refusal, request_id)

    async def prepare(self, request: GraphQLRequest, method: str, caller: Caller) -> Prepared:
        """Prepare an operation, or return the error for its stream to report. Raises Refusal."""
        try:
            return await self.operations.prepare(request, method, caller.payer, streamed=True)
        except PublicError as error:
            return error

    async def _context(self, request: GraphQLRequest, viewer: Viewer, session: Session, request_id: str) -> object:
        """Make the context of an operation. Raises ViewAsRefused."""
        if request.view_as is None:
            context = self.make_subscriber(viewer, request_id, request.idempotency_key, session.viewer)
            if isinstance(context, Context):
                context.expires_at = session.expires_at
            return context
        context = await self.view_as(viewer, request.view_as, request_id)
        bind_viewed_as(context)
        return context

    def is_subscription(self, request: GraphQLRequest) -> bool:
        """Return whether a request is a subscription. An invalid one isn't: its only result is an error."""
        try:
            operation = self.operations.documents.parse(request.query).operation(request.operation_name)
        except PublicError:
            return False
        return operation.node.operation is OperationType.SUBSCRIPTION

    async def _single(self, operation: Operation, context: object, request_id: str) -> dict[str, Any]:
        """Return the only result of a query or mutation. Raises TimedOut."""
        async with time_limit(self.seconds, HTTPStatus.GATEWAY_TIMEOUT):
            return answer_of(await self.operations.execute(operation, context), request_id)


def _charge(payer: Payer, cost: int, refusals: list[RateLimited]) -> bool:
    """Charge an event. Returns False and adds the refusal if the quota is used up."""
    try:
        payer.charge(cost)
    except RateLimited as refusal:
        refusals.append(refusal)
    return not refusals


def _operation(prepared: Prepared) -> Operation:
    """Return the prepared operation, or raise its error."""
    if isinstance(prepared, PublicError):
        raise prepared
    return prepared


class OpenConnections:
    """Tracks long-lived connections, so that the server can end them on shutdown."""

    def __init__(self) -> None:
        self._ends: dict[object, Callable[[], None]] = {}
        self._stopping = False
        self._all_closed = asyncio.Event()

    @property
    def number(self) -> int:
        """The number of open connections."""
        return len(self._ends)

    @contextmanager
    def open(self, end: Callable[[], None]) -> Iterator[None]:
        """Track a connection until the block ends. To end the connection, `end` is called."""
        mark = object()
        self._ends[mark] = end
        if self._stopping:
            end()
        try:
            yield
        finally:
            del self._ends[mark]
            if not self._ends:
                self._all_closed.set()

    async def close(self) -> None:
        """Ask all connections to end, including any opened from now on, and wait until they have."""
        self._stopping = True
        if not self._ends:
            return
        self._all_closed.clear()
        for end in list(self._ends.values()):
            end()
        await self._all_closed.wait()
