"""Webhook endpoints and their deliveries."""

from __future__ import annotations

from datetime import datetime

import strawberry

from choices import MemberRole
from models.webhook_endpoint import WebhookDeliveryStatus, WebhookEvent
from resolvers import webhook_endpoint
from schema.building.action_fields import viewer_can_field
from schema.building.connections import PAGE, Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.scalars import URL
from schema.company import Company


@strawberry.type(description="An event that is, was or will be sent to a webhook endpoint.")
class WebhookDelivery(Node):
    is_type_of = of("WebhookDelivery")

    event: WebhookEvent = column("The event.")
    status: WebhookDeliveryStatus = column("The status of the delivery.")
    attempts: int = column("How often the event was sent since it was made, or since it was last replayed.")
    response_status: int | None = column("The HTTP status of the receiver's latest answer. Null if it hasn't answered.")
    last_error: str | None = column("Why the latest attempt failed. Null if it didn't.")
    next_attempt_at: datetime | None = column("When the event is sent next. Null unless the delivery is PENDING.")
    created_at: datetime = column("When the delivery was made, right after the change.")
    viewer_can: list[str] = viewer_can_field("WebhookDelivery")


@strawberry.type(description="A URL at which a company's program receives events.")
class WebhookEndpoint(Node):
    is_type_of = of("WebhookEndpoint")

    company: Company = resolved(webhook_endpoint.company, "The company whose program receives the events.")
    url: URL = column("The URL that events are sent to.")
    description: str | None = column("What the endpoint is for.")
    events: list[WebhookEvent] = column("The events that the endpoint is subscribed to.")
    roles: list[MemberRole] = column(
        "The roles that the endpoint reads with. An event has what a member with these roles can read."
    )
    enabled: bool = column("Whether events are sent. An endpoint that fails for five days is disabled.")
    previous_secret_until: datetime | None = column(
        "Until when events are also signed with the previous secret. Null if there was none."
    )
    failing_since: datetime | None = column(
        "When the first attempt after the last success failed. Null if the last one succeeded."
    )
    created_at: datetime = column("When the endpoint was created.")
    version: int | None = column("The current version. Send it with the next edit.")
    deliveries: Connection[WebhookDelivery] = resolved(
        webhook_endpoint.deliveries, "The events of the last 30 days, newest first.", PAGE
    )
    viewer_can: list[str] = viewer_can_field("WebhookEndpoint")
