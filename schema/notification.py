"""Notifications."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from resolvers import notification
from schema.building.action_fields import viewer_can_field
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.enums import NotificationKind


@strawberry.type(description="What a user is told, as a member of a company. Nobody else reads it.")
class Notification(Node):
    is_type_of = of("Notification")

    kind: NotificationKind = column("What it is about.")
    title: str = column("The notice in a line.")
    body: str = column("The notice as plain text.")
    subject_id: ID | None = resolved(
        notification.subject_id, "The id of the thing that it is about, for `node`, which says whether the viewer may read it."
    )
    created_at: datetime = column("When it was written.")
    read_at: datetime | None = column("When the user marked it as read.")
    viewer_can: list[str] = viewer_can_field("Notification")
