"""Subscriptions: sends changed rows to each viewer, with exactly what the viewer can read at that moment.

The viewer, its settings and the row are reloaded for each event, so revoked rights and changed settings apply to the next event.
Viewers get no event for a row they can't read, nor if only fields hidden from them changed: the event itself would reveal the change.
An event shows the row as it is when the event is sent; several changes in quick succession may become one event.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from models.listening import Change, ListenerTooSlow
from policies.evaluation.reachability import can_ever_read
from resolvers.events.hub import Belongs, Shared, Shows, Subscriber
from resolvers.events.roster import Seat
from resolvers.reading.batching import Computed
from resolvers.reading.field_sources import ComputedWithFallback, ToManyByArray, ToOne
from resolvers.values import identifiers
from resolvers.values.errors import PublicError
from telemetry import metrics, tracing

if TYPE_CHECKING:
    from resolvers.context import Context
    from resolvers.reading.batching import BatchResolver
    from resolvers.reading.records import Record

Shown = Mapping[str, frozenset[str]]
"""The columns of a type, each with the fields that show it."""

SECONDS: Final = metrics.EVENT_SECONDS.child("alone")
CHANGE_REQUEST: Final = {"company": "company_id"}  # fields that reference a company, with their columns
OFFER: Final = {"seller": "company_id"}
LEAD: Final = {"company": "company_id"}
PORT: Final = {"company": "company_id"}
ORDER_APPROVAL: Final = {"company": "company_id"}
MANAGED_ACCOUNT: Final = {"company": "company_id"}
CONNECTION_REQUEST: Final = {"requester": "company_id", "provider": "provider_id"}


class SubscriberTooSlow(PublicError):
    """The subscriber reads events more slowly than they happen."""

    code = "SUBSCRIBER_TOO_SLOW"

    def __init__(self) -> None:
        super().__init__("You missed changes because you read events too slowly. Reload your data and subscribe again.")


class SubscriptionOutOfReach(PublicError):
    """A subscription to objects the viewer can never read, whatever settings a partner changes."""

    code = "SUBSCRIPTION_OUT_OF_REACH"

    def __init__(self, entity: str) -> None:
        super().__init__(
            f"You can't read any {entity} objects, so you would get no events. Sign in as a user who can read them."
        )


@dataclass(frozen=True, slots=True)
class Updates:
    """New and changed rows of `entity`. `companies` maps the fields that reference a company to their columns."""

    entity: str
    companies: Mapping[str, str]
    new_only: bool = False

    async def __call__(self, context: Context, shown: Shown, company_id: str | None) -> AsyncIterator[Record]:
        """Yield the rows, or only one company's rows. Raises InvalidId, SubscriberTooSlow or SubscriptionOutOfReach."""
        self._require_reach(context)
        company = None if company_id is None else identifiers.parse(company_id, "companyId", "Company").key
        columns = frozenset() if self.new_only else _interned(frozenset(shown))  # without columns, only new rows match
        seat = Seat(context.find_viewer, context.expires_at)
        shows_change: Shows = lambda record, change: shows(record, change.columns, shown)  # noqa: E731
        subscriber = Subscriber(seat, context.selection, columns, shows_change, self._belongs(company))
        async with context.services.hub(self.entity).joined(subscriber):
            async for change in _unshared(subscriber, context):
                is_valid, record = await self._look_up(change, context, shown, company)
                if not is_valid:
                    return
                if record is not None:
                    yield record

    async def _look_up(
        self, change: Change, context: Context, shown: Shown, company: UUID | None
    ) -> tuple[bool, Record | None]:
        """Do what `_load` does, when it's this subscriber's turn."""
        with SECONDS.block():
            async with context.services.change_listener.load_slots:
                return await self._load(change, context, shown, company)

    async def _load(self, change: Change, context: Context, shown: Shown, company: UUID | None) -> tuple[bool, Record | None]:
        """Return whether the viewer may continue, and the changed row if it can see it. Raises SubscriptionOutOfReach."""
        with tracing.event():
            if not await context.renew():
                return False, None
            self._require_reach(context)  # policy or the viewer's roles may have changed
            return True, await self._visible_record(change, context, shown, company)

    def _require_reach(self, context: Context) -> None:
        """Raise SubscriptionOutOfReach if the viewer can never read the type."""
        if not can_ever_read(context.policy, context.viewer.shape, self.entity):
            raise SubscriptionOutOfReach(self.entity)

    async def _visible_record(self, change: Change, context: Context, shown: Shown, company: UUID | None) -> Record | None:
        (record,) = await context.loaders.rows(self.entity, [change.key])
        if record is None or not shows(record, change.columns, shown):
            return None
        return record if company is None or await self._belongs_to(record, company, context) else None

    def _belongs(self, company: UUID | None) -> Belongs | None:
        return None if company is None else Belongs(company, lambda record, context: self._belongs_to(record, company, context))

    async def _belongs_to(self, record: Record, company: UUID, context: Context) -> bool:
        """Return True if a field that the viewer sees references the company. False for a company the viewer can't read."""
        (readable,) = await context.loaders.rows("Company", [company])
        columns = [column for field, column in self.companies.items() if field not in record.hidden]
        return readable is not None and any(getattr(record, column) == company for column in columns)


async def _unshared(subscriber: Subscriber, context: Context) -> AsyncIterator[Change]:
    """Yield the changes that a subscriber looks up alone, and send the answers that it shares. Raises SubscriberTooSlow."""
    while True:
        told = await _next(subscriber)
        if not isinstance(told, Shared):
            yield told
        elif not await _deliver(told, context):
            return


async def _next(subscriber: Subscriber) -> Shared | Change:
    """Wait for what a subscriber is told. Raises SubscriberTooSlow."""
    try:
        return await subscriber.next()
    except ListenerTooSlow:
        raise SubscriberTooSlow from None


async def _deliver(shared: Shared, context: Context) -> bool:
    """Send an answer that others get too, and record it for this viewer. Returns False if the subscription must end."""
    assert context.selection is not None  # noqa: S101 (only such subscribers share)
    assert context.deliver is not None  # noqa: S101
    context.begin_event(shared.viewer)
    await context.selection.record(context, shared.answer)
    return await context.deliver(shared.answer)


@cache
def _interned(columns: frozenset[str]) -> frozenset[str]:
    """Return one object for equal sets, because each subscriber keeps it."""
    return columns


def shows(record: Record, changed: Collection[str] | None, shown: Shown) -> bool:
    """Return True if a field that the viewer sees may have changed. `changed` are the columns, or None for a new row."""
    if changed is None:
        return True
    return any(field not in record.hidden for column in changed for field in shown.get(column, ()))


def columns_of(batch: BatchResolver) -> tuple[str, ...]:
    """Return the columns of the parents that a resolver reads."""
    if isinstance(batch, Computed):
        return batch.columns
    if isinstance(batch, ToOne | ToManyByArray):
        return (batch.column,)
    if isinstance(batch, ComputedWithFallback):
        return (batch.own,)
    needed: Any = getattr(batch, "needs", ())
    return tuple(needed)


port_updated: Final = Updates("Port", PORT)
port_created: Final = Updates("Port", PORT, new_only=True)
order_approval_updated: Final = Updates("OrderApproval", ORDER_APPROVAL)
change_request_updated: Final = Updates("ChangeRequest", CHANGE_REQUEST)
connection_request_updated: Final = Updates("ConnectionRequest", CONNECTION_REQUEST)
offer_updated: Final = Updates("Offer", OFFER)
lead_created: Final = Updates("Lead", LEAD, new_only=True)
managed_account_updated: Final = Updates("ManagedAccount", MANAGED_ACCOUNT)
notification_received: Final = Updates("Notification", {}, new_only=True)
export_updated: Final = Updates("Export", {})
