"""Notifications."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from models.notification import NotificationKind
from resolvers import notification
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments


@strawberry.type(description="A message to a user as a member of a company. No one else can see it.")
class Notification(Node):
    is_type_of = of("Notification")

    kind: NotificationKind = column("The kind of notification.")
    title: str = column("The notification's title, in one line.")
    body: str = column("The notification's text, in plain text.")
    subject: Node | None = resolved(
        notification.subject, "The object that the notification is about. Null if the viewer can't see it, or if it's gone."
    )
    subject_id: ID | None = resolved(notification.subject_id, "The global ID of the object that the notification is about.")
    created_at: datetime = column("When the notification was created.")
    read_at: datetime | None = column("When the user marked the notification as read. Null if it's unread.")
    viewer_can: list[str] = viewer_can_field("Notification")


@strawberry.type
class NotificationQueries:
    notifications: Connection[Notification] = resolved(
        notification.notifications,
        "The viewer's notifications, newest first.",
        {
            **page_arguments("Notification", "notifications"),
            "unread": (bool | None, "If true, returns only unread notifications."),
        },
    )
