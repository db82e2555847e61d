"""Subscriptions: rows as they change, told to each viewer as policy has it at that moment.

The viewer, its settings and the row are loaded anew for each event, so rights that end and settings that change act on the next one.
Whoever may not read the row hears nothing. Nor does anybody hear that only what is hidden from it has changed: the event itself
would tell that. An event says what is true when it is sent; changes that follow each other closely may be told as one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from models.listening import Change, ChangeQueue, ListenerTooSlow
from policies.reachability import can_ever_read
from resolvers.reading.batching import Computed
from resolvers.reading.field_sources import ComputedWithFallback, ToManyByArray, ToOne
from resolvers.values import identifiers
from resolvers.values.errors import PublicError

if TYPE_CHECKING:
    from resolvers.context import Context
    from resolvers.reading.batching import BatchResolver
    from resolvers.reading.records import Record

Shown = Mapping[str, frozenset[str]]
"""The columns of a type, each with the fields that show it."""

PORT: Final = {"company": "company_id"}  # the fields that name a company, and their columns
CONNECTION_REQUEST: Final = {"requester": "company_id", "provider": "provider_id"}


class SubscriberTooSlow(PublicError):
    """A subscriber that takes its events more slowly than they happen."""

    code = "SUBSCRIBER_TOO_SLOW"

    def __init__(self) -> None:
        super().__init__("More has changed than is kept for a subscriber. Load what you show, and subscribe anew.")


class SubscriptionOutOfReach(PublicError):
    """A subscription to things of which the viewer can read none, whatever they are and whatever a partner switches on."""

    code = "SUBSCRIPTION_OUT_OF_REACH"

    def __init__(self, entity: str) -> None:
        super().__init__(
            f"This viewer can read nothing of type {entity}, so it would hear nothing. Sign in as somebody who can."
        )


@dataclass(frozen=True, slots=True)
class Updates:
    """The rows of `entity` that are new or have changed. `companies` are the fields that name its companies."""

    entity: str
    companies: Mapping[str, str]
    new_only: bool = False

    async def __call__(self, context: Context, shown: Shown, company_id: str | None) -> AsyncIterator[Record]:
        """The rows, those of one company only if one is given. Raises InvalidId, SubscriberTooSlow or SubscriptionOutOfReach."""
        self._require_reach(context)
        company = None if company_id is None else identifiers.parse(company_id, "companyId", "Company").key
        columns = () if self.new_only else shown.keys()  # no field shows what the others change
        listening = context.services.change_listener
        with listening.subscribe(self.entity, columns) as changes:
            while True:
                change = await _next(changes)
                async with listening.load_slots:
                    if goes_on := await context.renew():
                        self._require_reach(context)  # which policy, or the viewer's roles, may have ended
                    record = await self._told(change, context, shown, company) if goes_on else None
                if not goes_on:
                    return
                if record is not None:
                    yield record

    def _require_reach(self, context: Context) -> None:
        """Raises SubscriptionOutOfReach."""
        if not can_ever_read(context.policy, context.viewer, self.entity):
            raise SubscriptionOutOfReach(self.entity)

    async def _told(self, change: Change, context: Context, shown: Shown, company: UUID | None) -> Record | None:
        (record,) = await context.loaders.rows(self.entity, [change.key])
        if record is None or not _shows(record, change, shown):
            return None
        return record if company is None or await self._concerns(record, company, context) else None

    async def _concerns(self, record: Record, company: UUID, context: Context) -> bool:
        """Whether the viewer sees in the record that it is the company's. A company that it may not know is in none."""
        (known,) = await context.loaders.rows("Company", [company])
        columns = [column for field, column in self.companies.items() if field not in record.hidden]
        return known is not None and any(getattr(record, column) == company for column in columns)


async def _next(changes: ChangeQueue) -> Change:
    """The next change. Raises SubscriberTooSlow."""
    try:
        return await anext(changes)
    except ListenerTooSlow:
        raise SubscriberTooSlow from None


def _shows(record: Record, change: Change, shown: Shown) -> bool:
    """Whether anything that the viewer sees of the row can have changed."""
    if change.columns is None:
        return True
    return any(field not in record.hidden for column in change.columns for field in shown.get(column, ()))


def columns_of(batch: BatchResolver) -> tuple[str, ...]:
    """The columns of its parents that a resolver makes its values of."""
    if isinstance(batch, Computed):
        return batch.columns
    if isinstance(batch, ToOne | ToManyByArray):
        return (batch.column,)
    if isinstance(batch, ComputedWithFallback):
        return (batch.own,)
    needed: Any = getattr(batch, "needs", ())
    return tuple(needed)


port_updated: Final = Updates("Port", PORT)
connection_request_updated: Final = Updates("ConnectionRequest", CONNECTION_REQUEST)
notification_received: Final = Updates("Notification", {}, new_only=True)
