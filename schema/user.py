"""Users."""

from __future__ import annotations

import strawberry

from resolvers import user
from schema.building.action_fields import viewer_can_field
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.scalars import EmailAddress
from schema.image import Image


@strawberry.type(description="A person who can sign in.")
class User(Node):
    is_type_of = of("User")

    name: str = column("The user's full name.")
    job_title: str | None = column("The user's job title.")
    photo: Image | None = resolved(user.photo, "The user's photo.")
    email: EmailAddress | None = column("The user's email address.")
    version: int | None = column("The current version. Send it with the next edit.")
    viewer_can: list[str] = viewer_can_field("User")
