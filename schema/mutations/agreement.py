"""Mutations of agreements."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import agreement
from schema.agreement import Agreement
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field


@strawberry.input(description="Input for `acceptOffer`.")
class AcceptOfferInput:
    id: ID = required("The published offer.")
    version: int = required(
        "The version of the offer that was read. If the seller has changed it since, the result is CONFLICT."
    )
    company_id: ID | None = optional("The buyer: the viewer's company, which is the default, or an account that it manages.")
    dimension_ids: list[ID] | None = optional(
        "The dimensions to take, at least one. An offer with a payment schedule has only one, which is the default."
    )


@strawberry.input(description="Input for `cancelAgreement`.")
class CancelAgreementInput:
    id: ID = required("The active agreement.")
    reason: str = required("Why, for both sides, at most 500 characters.")


@strawberry.interface(description="Result of a mutation of an agreement.")
class AgreementPayload(Payload):
    agreement: Agreement | None = strawberry.field(default=None, description="The new or changed agreement.")


@strawberry.type(description="Result of `acceptOffer`.")
class AcceptOfferPayload(AgreementPayload):
    pass


@strawberry.type(description="Result of `cancelAgreement`.")
class CancelAgreementPayload(AgreementPayload):
    pass


@strawberry.type
class AgreementMutations:
    accept_offer: AcceptOfferPayload = mutation_field(
        agreement.accept_offer,
        AcceptOfferInput,
        "Accepts a private offer, which makes an agreement. Each buyer can accept it once.",
    )
    cancel_agreement: CancelAgreementPayload = mutation_field(
        agreement.cancel_agreement, CancelAgreementInput, "Cancels an active agreement. Only the operator's support can."
    )
