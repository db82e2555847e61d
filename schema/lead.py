"""Leads."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from models.lead import LeadSource, LeadStatus
from resolvers import lead
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.building.scalars import EmailAddress
from schema.company import Company
from schema.product import Product
from schema.user import User


@strawberry.type(description="A dated note on a lead.")
class LeadNote:
    at: datetime = column("When the note was written.")
    author: User | None = resolved(lead.author, "The user who wrote the note. Null if the viewer can't see the user.")
    text: str = column("The note, as plain text.")


@strawberry.type(
    description="Somebody who is interested in what a company sells: who asked for a private offer, or sent an inquiry through its "
    "Marketplace profile."
)
class Lead(Node):
    is_type_of = of("Lead")

    company: Company = resolved(lead.company, "The company whose lead it is.")
    source: LeadSource = column("Where the lead comes from.")
    status: LeadStatus = column("How far the lead has come.")
    is_final: bool = resolved(lead.is_final, "Whether no further step is possible: the lead is CLOSED.")
    product: Product | None = resolved(lead.product, "The product that the requester wants an offer for.")
    requester: Company | None = resolved(
        lead.requester, "The company that is interested. Null if it wasn't signed in, or if the viewer can't see it."
    )
    buyer_account_id: ID | None = resolved(
        lead.buyer_account_id,
        "The ID of the company that is interested, as the email has it. `createOffer` takes it as a buyer.",
    )
    contact_name: str | None = column("The name that the requester gave. It is not verified.")
    contact_email: EmailAddress | None = column("The email address that the requester gave. It is not verified.")
    contact_company: str | None = column("The company that the sender of an inquiry stated. It is not verified.")
    message: str | None = column("What the requester wrote.")
    notes: list[LeadNote] = resolved(
        lead.notes, "The notes, oldest first. Further requests for the same product are notes too."
    )
    created_at: datetime = column("When the lead was created.")
    updated_at: datetime = column("When the lead last changed or got a note.")
    version: int | None = column("The number of the version, which grows with each change of the status.")
    viewer_can: list[str] = viewer_can_field("Lead")


@strawberry.type
class LeadQueries:
    leads: Connection[Lead] = resolved(
        lead.leads,
        "The leads of the viewer's company and of the accounts it manages, newest first.",
        page_arguments("Lead", "leads"),
    )
