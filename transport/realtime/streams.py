"""Streams: the answers of an operation one by one, and the connections that stay open for them.

A subscription has an answer for each event, anything else has one. An answer without `data` is the last. Who asks is looked at anew
for each operation, and by the subscription for each event: a session that is over ends the stream.
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

from policies.viewer import Viewer
from resolvers.values.errors import PublicError
from transport.authentication.bearer import Session
from transport.graphql_request import GraphQLRequest
from transport.limits.capacity import Capacity, Holder, holder_of, origin_of
from transport.limits.quotas import Payer, Quotas, RateLimited
from transport.logs import PolicyVersion, bind_facts
from transport.operations import Operation, Operations, answer_of
from transport.refusal import Refusal, TimedOut, Unauthenticated, error_body
from transport.view_as import ViewAs, bind_seen

MakeSubscriber = Callable[[Viewer, str, str | None, Callable[[], Awaitable[Viewer | None]]], object]
"""Makes the context of a streamed operation from its viewer, the request's id, its Idempotency-Key, and what loads the viewer anew.

The last answers None for a viewer who may not go on.
"""


Prepared = Operation | PublicError


@dataclass(frozen=True, slots=True)
class Caller:
    """Who pays for the operations of a connection, and who holds its subscriptions."""

    payer: Payer
    holders: tuple[Holder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Runs operations. Those with one answer have `seconds` for it; PostgreSQL bounds each statement of an event."""

    operations: Operations
    make_subscriber: MakeSubscriber
    view_as: ViewAs
    seconds: float
    policy: PolicyVersion
    quotas: Quotas
    subscriptions: Capacity

    def caller(self, scope: Scope, viewer: Viewer) -> Caller:
        """Who asks over a connection."""
        return Caller(self.quotas.payer(scope, viewer), (*origin_of(scope), *holder_of(viewer)))

    async def answers(
        self, prepared: Prepared, session: Session, request_id: str, caller: Caller
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The answers of what `prepare` gave, none more once the session is over."""
        with ExitStack() as held:
            try:
                operation = _operation(prepared)
                viewer = await session.viewer()
                if viewer is None:
                    return
                bind_facts(user_id=viewer.user_id, company_id=viewer.company_id, policy=self.policy())
                context = await self._context(operation.asked, viewer, session, request_id)
                if operation.kind is not OperationType.SUBSCRIPTION:
                    yield await self._only(operation, context, request_id)
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
            async with aclosing(self._events(operation, context, request_id, caller.payer)) as events:
                async for event in events:
                    yield event

    async def _events(
        self, operation: Operation, context: object, request_id: str, payer: Payer
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The answers of a subscription. Each event costs what the operation does; where the quota is spent, no more follow."""
        async with aclosing(await self.operations.subscribe(operation, context)) as results:
            async for result in results:
                yield answer_of(result, request_id)
                try:
                    payer.charge(operation.cost)
                except RateLimited as refusal:
                    yield error_body(refusal, request_id)
                    return

    async def prepare(self, asked: GraphQLRequest, method: str, caller: Caller) -> Prepared:
        """What a request means, or why it means nothing, which its stream then tells. Raises Refusal."""
        try:
            return await self.operations.prepare(asked, method, caller.payer, streamed=True)
        except PublicError as error:
            return error

    async def _context(self, asked: GraphQLRequest, viewer: Viewer, session: Session, request_id: str) -> object:
        """The context of an operation. Raises ViewAsRefused."""
        if asked.view_as is None:
            return self.make_subscriber(viewer, request_id, asked.idempotency_key, session.viewer)
        context = await self.view_as(viewer, asked.view_as, request_id)
        bind_seen(context)
        return context

    def is_subscription(self, asked: GraphQLRequest) -> bool:
        """Whether it has answers for as long as nobody ends it; what is no operation has only one answer."""
        try:
            operation = self.operations.documents.parse(asked.query).operation(asked.operation_name)
        except PublicError:
            return False
        return operation.node.operation is OperationType.SUBSCRIPTION

    async def _only(self, operation: Operation, context: object, request_id: str) -> dict[str, Any]:
        """The answer of an operation that has one. Raises TimedOut."""
        limit = asyncio.timeout(self.seconds)
        try:
            async with limit:
                return answer_of(await self.operations.execute(operation, context), request_id)
        except TimeoutError:
            if not limit.expired():
                raise
            raise TimedOut(HTTPStatus.GATEWAY_TIMEOUT, self.seconds) from None


def _operation(prepared: Prepared) -> Operation:
    """The operation that may run. Raises the PublicError that there is instead."""
    if isinstance(prepared, PublicError):
        raise prepared
    return prepared


class OpenConnections:
    """The connections that stay open until somebody ends them, so that a server that stops can."""

    def __init__(self) -> None:
        self._ends: dict[object, Callable[[], None]] = {}
        self._stopping = False
        self._all_closed = asyncio.Event()

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self._ends)

    @contextmanager
    def open(self, end: Callable[[], None]) -> Iterator[None]:
        """One more, which `end` asks to end."""
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
        """Ask all to end, now and whenever one more is opened, and wait until they have."""
        self._stopping = True
        if not self._ends:
            return
        self._all_closed.clear()
        for end in list(self._ends.values()):
            end()
        await self._all_closed.wait()
