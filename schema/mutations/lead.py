"""Mutations of leads."""

from __future__ import annotations

import strawberry
from strawberry import ID

from models.lead import LeadStatus
from resolvers.mutations import lead
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.lead import Lead
from schema.product import Product


@strawberry.input(description="Input for `requestOffer`.")
class RequestOfferInput:
    product_id: ID = required("The product.")
    company_id: ID | None = optional(
        "The company that is interested: the viewer's, which is the default, or an account that it manages."
    )
    message: str | None = optional("A message for the seller, as plain text of at most 5,000 characters.")
    contact_name: str | None = optional("Whom the seller can contact.")
    contact_email: str | None = optional("The email address that the seller can answer to.")


@strawberry.type(description="Result of `requestOffer`.")
class RequestOfferPayload(Payload):
    product: Product | None = strawberry.field(default=None, description="The product.")
    succeeded: bool = strawberry.field(name="received", description="Whether the seller gets the request.")


@strawberry.input(description="Input for `updateLead`.")
class UpdateLeadInput:
    id: ID = required("The lead.")
    version: int = required("The version that the change is based on.")
    status: LeadStatus = required("The new status, later than the current one.")


@strawberry.input(description="Input for `addLeadNote`.")
class AddLeadNoteInput:
    id: ID = required("The lead.")
    text: str = required("The note, as plain text of at most 5,000 characters.")


@strawberry.interface(description="Result of a mutation of a lead.")
class LeadPayload(Payload):
    lead: Lead | None = strawberry.field(default=None, description="The changed lead.")


@strawberry.type(description="Result of `updateLead`.")
class UpdateLeadPayload(LeadPayload):
    pass


@strawberry.type(description="Result of `addLeadNote`.")
class AddLeadNotePayload(LeadPayload):
    pass


@strawberry.type
class LeadMutations:
    request_offer: RequestOfferPayload = mutation_field(
        lead.request_offer,
        RequestOfferInput,
        "Asks the seller of a product for a private offer. The seller gets a lead and an email with the ID of the company.",
    )
    update_lead: UpdateLeadPayload = mutation_field(
        lead.update_lead, UpdateLeadInput, "Moves a lead forwards to another status, or closes it."
    )
    add_lead_note: AddLeadNotePayload = mutation_field(lead.add_lead_note, AddLeadNoteInput, "Adds a note to a lead.")
