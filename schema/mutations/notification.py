"""Notification mutations."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import notification
from schema.building.inputs import required
from schema.building.mutation_fields import Payload, mutation_field
from schema.notification import Notification


@strawberry.input(description="Input for `markNotificationsRead`.")
class MarkNotificationsReadInput:
    id: ID = required("The notification to mark as read.")
    and_earlier: bool = strawberry.field(default=False, description="Whether to also mark all earlier notifications as read.")


@strawberry.type(description="Result of `markNotificationsRead`.")
class MarkNotificationsReadPayload(Payload):
    notification: Notification | None = strawberry.field(default=None, description="The updated notification.")


@strawberry.type
class NotificationMutations:
    mark_notifications_read: MarkNotificationsReadPayload = mutation_field(
        notification.mark_notifications_read,
        MarkNotificationsReadInput,
        "Marks a notification as read, optionally with all earlier ones.",
    )
