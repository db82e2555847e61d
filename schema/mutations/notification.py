"""The mutations of notifications."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import notification
from schema.building.inputs import required
from schema.building.mutation_fields import Payload, mutation_field
from schema.notification import Notification


@strawberry.input(description="A notification that was read.")
class MarkNotificationsReadInput:
    id: ID = required("The notification.")
    and_earlier: bool = strawberry.field(
        default=False, description="Whether all that the user was told before it are marked too: everything up to here."
    )


@strawberry.type(description="What came of marking notifications as read.")
class MarkNotificationsReadPayload(Payload):
    notification: Notification | None = strawberry.field(default=None, description="The notification as it is now.")


@strawberry.type
class NotificationMutations:
    mark_notifications_read: MarkNotificationsReadPayload = mutation_field(
        notification.mark_notifications_read,
        MarkNotificationsReadInput,
        "Mark a notification as read, or all up to one.",
    )
