"""The root of subscriptions: what changes, told to whoever may read it."""

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
from schema.connection_request import ConnectionRequest
from schema.notification import Notification
from schema.port import Port

Asked: TypeAlias = Info[Any, Any]
OfCompany: TypeAlias = Annotated[ID | None, strawberry.argument(description="Only what the viewer sees to be this company's.")]


def _shown(kind: type[Any]) -> Shown:
    """The columns of a type, each with the fields that show it."""
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


SHOWN: Final[Mapping[str, Shown]] = {kind.__name__: _shown(kind) for kind in (Port, ConnectionRequest, Notification)}


def event(description: str) -> Callable[[Callable[..., AsyncIterator[Any]]], Any]:
    """A field whose events its function gives."""
    field: Callable[[Callable[..., AsyncIterator[Any]]], Any] = strawberry.subscription(description=description)
    return field


@strawberry.type(description="What can be followed. An event tells what is true when it is sent, to whoever may read it then.")
class Subscription:
    @event("A port that the viewer may read, when it is ordered and whenever it changes.")
    def port_updated(self, info: Asked, company_id: OfCompany = UNSET) -> AsyncIterator[Port]:
        return _told(subscription.port_updated, info, company_id)

    @event("A connection request that the viewer may read, when it is made and whenever it changes.")
    def connection_request_updated(self, info: Asked, company_id: OfCompany = UNSET) -> AsyncIterator[ConnectionRequest]:
        return _told(subscription.connection_request_updated, info, company_id)

    @event("A notification of the viewer, when it is written.")
    def notification_received(self, info: Asked) -> AsyncIterator[Notification]:
        return _told(subscription.notification_received, info)


def _told(updates: Updates, info: Asked, company_id: ID | None = None) -> AsyncIterator[Any]:
    return updates(info.context, SHOWN[updates.entity], company_id or None)
