"""Users."""

from __future__ import annotations

import strawberry

from schema.building.action_fields import viewer_can_field
from schema.building.fields import column
from schema.building.nodes import Node, of
from schema.building.scalars import EmailAddress


@strawberry.type(description="A person who signs in.")
class User(Node):
    is_type_of = of("User")

    name: str = column("The person's full name.")
    job_title: str | None = column("What the person does.")
    email: EmailAddress | None = column("The person's address. For the person, account administrators and the operator.")
    viewer_can: list[str] = viewer_can_field("User")
