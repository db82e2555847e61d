"""The mutations of inquiries."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import inquiry
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.marketplace_profile import MarketplaceProfile


@strawberry.input(description="An inquiry. The profile is named by its id or by its slug.")
class SendInquiryInput:
    profile_id: ID | None = optional("The public profile of the provider that is asked.")
    slug: str | None = optional("The end of its address, where there is no id. Former ones will do.")
    name: str = required("What the sender is called.")
    email: str = required("Where the provider answers.")
    message: str = required("What is asked, as plain text.")
    company: str | None = optional("The company that the sender is of.")


@strawberry.type(description="What came of sending an inquiry.")
class SendInquiryPayload(Payload):
    marketplace_profile: MarketplaceProfile | None = strawberry.field(
        default=None, description="The profile of the provider that was asked."
    )


@strawberry.type
class InquiryMutations:
    send_inquiry: SendInquiryPayload = mutation_field(
        inquiry.send_inquiry,
        SendInquiryInput,
        "Ask a provider, signed in or not. The provider is told by mail, at an address that the sender does not learn.",
    )
