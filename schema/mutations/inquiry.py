"""Inquiry mutations."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import inquiry
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.marketplace_profile import MarketplaceProfile


@strawberry.input(description="Input for `sendInquiry`. Identify the profile by its ID or its slug.")
class SendInquiryInput:
    profile_id: ID | None = optional("The provider's public profile.")
    slug: str | None = optional("The slug of the provider's profile, if you don't have its ID. Former slugs also work.")
    name: str = required("The sender's name.")
    email: str = required("The sender's email address, which the provider replies to.")
    message: str = required("The message, in plain text.")
    company: str | None = optional("The sender's company.")


@strawberry.type(description="Result of `sendInquiry`.")
class SendInquiryPayload(Payload):
    marketplace_profile: MarketplaceProfile | None = strawberry.field(
        default=None, description="The profile that the inquiry was sent to."
    )


@strawberry.type
class InquiryMutations:
    send_inquiry: SendInquiryPayload = mutation_field(
        inquiry.send_inquiry,
        SendInquiryInput,
        "Sends an inquiry to a provider by email. The sender doesn't need to be signed in, and doesn't "
        "see the provider's address.",
    )
