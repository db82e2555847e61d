"""Inquiries."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers import inquiry
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.building.scalars import EmailAddress
from schema.marketplace_profile import MarketplaceProfile


@strawberry.type(description="A message to a provider, sent from its Marketplace profile.")
class Inquiry(Node):
    is_type_of = of("Inquiry")

    profile: MarketplaceProfile | None = resolved(inquiry.profile, "The profile that the inquiry was sent from.")
    name: str = column("The sender's name.", "sender_name")
    email: EmailAddress = column("The sender's email address. It is not verified.", "sender_email")
    company: str | None = column("The sender's company, as stated by the sender.", "sender_company")
    message: str = column("The text of the inquiry.")
    created_at: datetime = column("When the inquiry was sent.")
    viewer_can: list[str] = viewer_can_field("Inquiry")


@strawberry.type
class InquiryQueries:
    inquiries: Connection[Inquiry] = resolved(
        inquiry.inquiries,
        "The inquiries received by the viewer's company and the companies it manages, newest first.",
        page_arguments("Inquiry", "inquiries"),
    )
