"""Invitations."""

from __future__ import annotations

from datetime import datetime

import strawberry

from choices import MemberRole
from resolvers import invitation
from schema.building.action_fields import viewer_can_field
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.scalars import EmailAddress
from schema.company import Company
from schema.user import User


@strawberry.type(description="An open invitation to become a member of a company.")
class Invitation(Node):
    is_type_of = of("Invitation")

    company: Company = resolved(invitation.company, "The company that sent the invitation.")
    email: EmailAddress = column("The email address that was invited.")
    roles: list[MemberRole] = column("The roles that the member will have.")
    invited_by: User | None = resolved(invitation.invited_by, "The user who sent the invitation.")
    created_at: datetime = column("When the invitation was sent.")
    expires_at: datetime = column("When the invitation stops working: seven days after it was sent.")
    viewer_can: list[str] = viewer_can_field("Invitation")


@strawberry.type
class InvitationQueries:
    invitation: Invitation | None = resolved(
        invitation.invitation,
        "Looks up an invitation by the token in its link. Null if the invitation was accepted, was revoked or has expired. "
        "Anyone who has the link can read only the company's name and type.",
        {"token": (str, "The token in the link, or the code from the email.")},
    )
