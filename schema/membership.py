"""Memberships."""

from __future__ import annotations

from datetime import datetime

import strawberry

from choices import MemberRole
from resolvers import membership
from schema.building.action_fields import viewer_can_field
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.company import Company
from schema.user import User


@strawberry.type(description="A user's membership of a company.")
class Membership(Node):
    is_type_of = of("Membership")

    user: User = resolved(membership.user, "The user who is a member.")
    company: Company = resolved(membership.company, "The company that the user is a member of.")
    roles: list[MemberRole] = column("The member's roles in the company.")
    created_at: datetime = column("When the user became a member.")
    viewer_can: list[str] = viewer_can_field("Membership")
