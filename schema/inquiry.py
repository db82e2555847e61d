"""Inquiries."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers import inquiry
from schema.building.action_fields import viewer_can_field
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.scalars import EmailAddress
from schema.marketplace_profile import MarketplaceProfile


@strawberry.type(description="What somebody has asked a provider by its Marketplace profile. For whoever edits that profile.")
class Inquiry(Node):
    is_type_of = of("Inquiry")

    profile: MarketplaceProfile | None = resolved(inquiry.profile, "The profile by which it was sent.")
    name: str = column("What the sender is called.", "sender_name")
    email: EmailAddress = column("Where to answer. Nobody has checked that it is the sender's.", "sender_email")
    company: str | None = column("The company that the sender says it is of.", "sender_company")
    message: str = column("What it asks.")
    created_at: datetime = column("When it was sent.")
    viewer_can: list[str] = viewer_can_field("Inquiry")
