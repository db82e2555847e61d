"""The root subscription type: changes, sent to viewers who can read the changed object."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Annotated, Any, Final, TypeAlias

import strawberry
from strawberry import ID
from strawberry.types import Info
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.unset import UNSET

from resolvers import subscription
from resolvers.subscription import Shown, Updates
from schema.building.fields import FieldDefinition
from schema.change_request import ChangeRequest
from schema.connection_request import ConnectionRequest
from schema.export import Export
from schema.lead import Lead
from schema.managed_account import ManagedAccount
from schema.notification import Notification
from schema.offer import Offer
from schema.order_approval import OrderApproval
from schema.port import Port

AnyInfo: TypeAlias = Info[Any, Any]
CompanyId: TypeAlias = Annotated[
    ID | None, strawberry.argument(description="If given, sends only objects that the viewer can see belong to this company.")
]


def _shown(kind: type[Any]) -> Shown:
    """Return the columns of a type, each with the fields that expose it."""
    fields: dict[str, set[str]] = {}
    for field, column in _columns(kind):
        fields.setdefault(column, set()).add(field)
    return {column: frozenset(names) for column, names in fields.items()}


def _columns(kind: type[Any]) -> Iterator[tuple[str, str]]:
    definition: StrawberryObjectDefinition = kind.__strawberry_definition__
    for field in definition.fields:
        if isinstance(field, FieldDefinition):
            columns = subscription.columns_of(field.batch) if field.batch else (field.column or field.python_name,)
            yield from ((field.python_name, column) for column in columns)


SHOWN: Final[Mapping[str, Shown]] = {
    kind.__name__: _shown(kind)
    for kind in (Port, OrderApproval, ConnectionRequest, ChangeRequest, Offer, Lead, ManagedAccount, Notification, Export)
}


def event(description: str) -> Callable[[Callable[..., AsyncIterator[Any]]], Any]:
    """Declare a subscription field. Its function yields the events."""
    field: Callable[[Callable[..., AsyncIterator[Any]]], Any] = strawberry.subscription(description=description)
    return field


@strawberry.type(
    description="The root of all subscriptions. An event carries the object's state at the time it is sent. You "
    "receive only events about objects you can read at that time."
)
class Subscription:
    @event("Sends a port when it is ordered and whenever it changes.")
    def port_updated(self, info: AnyInfo, company_id: CompanyId = UNSET) -> AsyncIterator[Port]:
        return _stream(subscription.port_updated, info, company_id)

    @event("Sends a port when it is ordered.")
    def port_created(self, info: AnyInfo, company_id: CompanyId = UNSET) -> AsyncIterator[Port]:
        return _stream(subscription.port_created, info, company_id)

    @event(
        "Sends an order that needs a partner's approval when it is made, when it is decided, and when it is withdrawn or expires."
    )
    def order_approval_updated(self, info: AnyInfo, company_id: CompanyId = UNSET) -> AsyncIterator[OrderApproval]:
        return _stream(subscription.order_approval_updated, info, company_id)

    @event("Sends a connection request when it is made and whenever it changes.")
    def connection_request_updated(self, info: AnyInfo, company_id: CompanyId = UNSET) -> AsyncIterator[ConnectionRequest]:
        return _stream(subscription.connection_request_updated, info, company_id)

    @event("Sends a change request when it is submitted and whenever it changes, also by a comment.")
    def change_request_updated(self, info: AnyInfo, company_id: CompanyId = UNSET) -> AsyncIterator[ChangeRequest]:
        return _stream(subscription.change_request_updated, info, company_id)

    @event("Sends a private offer when it becomes visible to the viewer, and whenever it changes.")
    def offer_updated(self, info: AnyInfo, company_id: CompanyId = UNSET) -> AsyncIterator[Offer]:
        return _stream(subscription.offer_updated, info, company_id)

    @event("Sends a lead when it is created.")
    def lead_created(self, info: AnyInfo, company_id: CompanyId = UNSET) -> AsyncIterator[Lead]:
        return _stream(subscription.lead_created, info, company_id)

    @event(
        "Sends a managed account when it is created, and when its name or one of its own settings changes. A change of its "
        "partner's defaults sends nothing."
    )
    def managed_account_updated(self, info: AnyInfo, company_id: CompanyId = UNSET) -> AsyncIterator[ManagedAccount]:
        return _stream(subscription.managed_account_updated, info, company_id)

    @event("Sends a notification when the viewer receives it.")
    def notification_received(self, info: AnyInfo) -> AsyncIterator[Notification]:
        return _stream(subscription.notification_received, info)

    @event("Sends an export of the viewer when it is started, whenever a page is written, and when it ends.")
    def export_updated(self, info: AnyInfo) -> AsyncIterator[Export]:
        return _stream(subscription.export_updated, info)


def _stream(updates: Updates, info: AnyInfo, company_id: ID | None = None) -> AsyncIterator[Any]:
    return updates(info.context, SHOWN[updates.entity], company_id or None)
