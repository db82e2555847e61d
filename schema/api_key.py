"""API keys."""

from __future__ import annotations

from datetime import datetime

import strawberry

from choices import MemberRole
from schema.building.action_fields import viewer_can_field
from schema.building.fields import column
from schema.building.nodes import Node, of


@strawberry.type(description="A key that one of a company's programs signs in with.")
class ApiKey(Node):
    is_type_of = of("ApiKey")

    name: str = column("The key's name. The audit log shows it as the user who acted.")
    prefix: str = column("The first characters of the key, which aren't secret. They tell keys apart.")
    roles: list[MemberRole] = column("The roles that the key acts with.")
    origins: list[str] = column("The web origins that can use the key. An empty list means that it works everywhere.")
    created_at: datetime = column("When the key was created.")
    last_used_at: datetime | None = column("The day on which the key was last used, as midnight UTC. Null if it never was.")
    expires_at: datetime = column("When the key stops working.")
    revoked_at: datetime | None = column("When the key was revoked. Null if it wasn't.")
    viewer_can: list[str] = viewer_can_field("ApiKey")
