"""Mutations of private offers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import strawberry
from strawberry import ID

from models.offer import PaymentModel
from resolvers.mutations import offer
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.offer import Offer


@strawberry.input(description="A dimension of an offer: what is priced, and its price.")
class OfferDimensionInput:
    name: str = required("The name, at most 64 characters. It's unique within the offer.")
    description: str | None = optional("A description, at most 500 characters.")
    unit: str = required("What the price covers, such as `audit`, at most 32 characters.")
    price: Decimal = required("The price in the offer's currency, such as `1250.00`.")


@strawberry.input(description="A scheduled payment.")
class InstalmentInput:
    charge_date: date = required("The date of the charge. Each payment is later than the one before it.")
    amount: Decimal = required("The amount in the offer's currency.")


@strawberry.input(description="Input for `createOffer`. A draft may lack what `publishOffer` needs.")
class CreateOfferInput:
    product_id: ID = required("The product to offer. It's published, and LIMITED or PUBLIC.")
    buyer_ids: list[ID] | None = optional("The companies that the offer is for, from 1 to 25.")
    name: str = required(
        "A name by which both sides recognise the offer, at most 150 characters, without names, phone numbers or addresses of people."
    )
    payment_model: PaymentModel = required("How the offer is paid.")
    currency: str = required("The currency of all prices, as an ISO 4217 code: USD, EUR, GBP, AUD, JPY or CAD.")
    dimensions: list[OfferDimensionInput] | None = optional(
        "What is priced: from 1 to 24 dimensions of which the buyer chooses, or exactly one with a payment schedule."
    )
    instalments: list[InstalmentInput] | None = optional(
        "The payment schedule, at most 60 payments that add up to the price of the dimension."
    )
    contract_end_date: date | None = optional("The date when the agreed services end.")
    expires_on: date | None = optional("The last day, in UTC, on which the offer can be accepted.")
    zero_price_confirmed: bool | None = optional("Whether a price or a payment of zero is meant.")
    document_ids: list[ID] | None = optional(
        "Uploads with the purpose AGREEMENT, at most 10. They are joined into one PDF, in this order, with a bookmark for each."
    )


@strawberry.input(
    description="Input for `updateOffer`. Omitted fields keep their values. Lists are replaced. The product can't change."
)
class UpdateOfferInput:
    id: ID = required("The offer: a draft, or published and not accepted.")
    version: int = required("The version that the change is based on.")
    buyer_ids: list[ID] | None = optional("The companies that the offer is for, from 1 to 25.")
    name: str | None = optional("The name of the offer, at most 150 characters.")
    payment_model: PaymentModel | None = optional("How the offer is paid.")
    currency: str | None = optional("The currency. Needs all amounts again.")
    dimensions: list[OfferDimensionInput] | None = optional("What is priced.")
    instalments: list[InstalmentInput] | None = optional("The payment schedule.")
    contract_end_date: date | None = optional("The date when the agreed services end.")
    expires_on: date | None = optional(
        "The last day, in UTC, on which the offer can be accepted. Once it's published, it can only be later."
    )
    zero_price_confirmed: bool | None = optional("Whether a price or a payment of zero is meant.")
    document_ids: list[ID] | None = optional("Uploads with the purpose AGREEMENT, which replace the current documents.")


@strawberry.input(description="Input for `publishOffer`.")
class PublishOfferInput:
    id: ID = required("The draft.")


@strawberry.input(description="Input for `approveOffer`.")
class ApproveOfferInput:
    id: ID = required("The offer that waits for approval.")


@strawberry.input(description="Input for `rejectOffer`.")
class RejectOfferInput:
    id: ID = required("The offer that waits for approval.")
    reason: str = required("Why, for the seller, at most 500 characters.")


@strawberry.input(description="Input for `extendOffer`.")
class ExtendOfferInput:
    id: ID = required("The published offer.")
    expires_on: date = required("The new last day on which the offer can be accepted, later than the current one.")


@strawberry.input(description="Input for `withdrawOffer`.")
class WithdrawOfferInput:
    id: ID = required("The published offer.")


@strawberry.interface(description="Result of a mutation of an offer.")
class OfferPayload(Payload):
    offer: Offer | None = strawberry.field(default=None, description="The new or changed offer.")


@strawberry.type(description="Result of `createOffer`.")
class CreateOfferPayload(OfferPayload):
    pass


@strawberry.type(description="Result of `updateOffer`.")
class UpdateOfferPayload(OfferPayload):
    pass


@strawberry.type(description="Result of `publishOffer`.")
class PublishOfferPayload(OfferPayload):
    pass


@strawberry.type(description="Result of `approveOffer`.")
class ApproveOfferPayload(OfferPayload):
    pass


@strawberry.type(description="Result of `rejectOffer`.")
class RejectOfferPayload(OfferPayload):
    pass


@strawberry.type(description="Result of `extendOffer`.")
class ExtendOfferPayload(OfferPayload):
    pass


@strawberry.type(description="Result of `withdrawOffer`.")
class WithdrawOfferPayload(OfferPayload):
    pass


@strawberry.type
class OfferMutations:
    create_offer: CreateOfferPayload = mutation_field(
        offer.create_offer,
        CreateOfferInput,
        "Creates a private offer as a draft, which only the seller's side and the operator see.",
    )
    update_offer: UpdateOfferPayload = mutation_field(
        offer.update_offer,
        UpdateOfferInput,
        "Changes a draft, or a published offer that nobody has accepted. If the total value becomes another one above "
        "250,000, the offer needs a new approval.",
    )
    publish_offer: PublishOfferPayload = mutation_field(
        offer.publish_offer,
        PublishOfferInput,
        "Publishes a draft. An offer with a total value above 250,000 is PENDING_APPROVAL until the operator approves it.",
    )
    approve_offer: ApproveOfferPayload = mutation_field(
        offer.approve_offer, ApproveOfferInput, "Approves an offer, which publishes it."
    )
    reject_offer: RejectOfferPayload = mutation_field(offer.reject_offer, RejectOfferInput, "Rejects an offer.")
    extend_offer: ExtendOfferPayload = mutation_field(
        offer.extend_offer, ExtendOfferInput, "Extends the time in which a published offer can be accepted."
    )
    withdraw_offer: WithdrawOfferPayload = mutation_field(
        offer.withdraw_offer, WithdrawOfferInput, "Withdraws a published offer that nobody has accepted."
    )
