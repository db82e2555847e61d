"""Private offers."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from models.offer import OfferStatus, PaymentModel
from resolvers import offer
from resolvers.reading.nodes import GlobalId
from schema.building.action_fields import viewer_can_field
from schema.building.connections import PAGE, Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.building.scalars import URL
from schema.company import Company
from schema.document import Document
from schema.offer_document import OfferDocument
from schema.product import Product
from schema.values import Money, Waiting

if TYPE_CHECKING:
    from schema.agreement import Agreement


@strawberry.type(description="A unit of an offer that has a price.")
class OfferDimension:
    id: ID = resolved(GlobalId(), "The global ID, which `acceptOffer` takes.")
    name: str = column("The name of the dimension.")
    description: str | None = column("A description of the dimension.")
    unit: str = column("What the price covers, such as `audit`.")
    price: Money | None = resolved(offer.price, "The price of the dimension as a whole. It isn't multiplied by a quantity.")


@strawberry.type(description="A scheduled payment of an offer.")
class Instalment:
    charge_date: date = column("The date of the charge.")
    amount: Money | None = resolved(offer.amount, "The amount of the charge.")


@strawberry.type(
    description="A private offer from a seller to named buyers. Visible to the seller, the buyers, their partners and the operator."
)
class Offer(Node):
    is_type_of = of("Offer")

    product: Product = resolved(offer.product, "The product on offer.")
    seller: Company = resolved(offer.seller, "The company that made the offer.")
    buyers: list[Company] | None = resolved(
        offer.buyers, "The companies that the offer is extended to. A buyer sees only itself."
    )
    name: str = column("The name of the offer.")
    url: URL = resolved(offer.url, "The URL of the offer's page. The seller sends it to the buyers.")
    status: OfferStatus = resolved(offer.status, "The status of the offer.")
    waits_for: Waiting | None = resolved(
        offer.waits_for,
        "Who has to act next: the seller, the operator, who approves it, or a buyer. Null if nobody has to.",
    )
    is_final: bool = resolved(
        offer.is_final,
        "Whether no further step is possible. Until it has expired, the other buyers can accept an ACCEPTED offer.",
    )
    payment_model: PaymentModel = column("How the offer is paid.")
    dimensions: list[OfferDimension] = resolved(offer.dimensions, "The priced units of the offer.")
    instalments: list[Instalment] = resolved(offer.instalments, "The scheduled payments, if the offer is paid in instalments.")
    total_value: Money | None = resolved(
        offer.total_value,
        "The total value of the offer: the sum of its instalments, or of all its prices if it's paid upfront.",
    )
    zero_price_confirmed: bool | None = column("Whether the seller has confirmed that a price of zero is meant.")
    contract_end_date: date | None = column("The date when the agreed services end. A draft can lack it.")
    expires_on: date | None = column("The last day, in UTC, on which the offer can be accepted. A draft can lack it.")
    approval_reason: str | None = column("Why the operator has to approve the offer, if it has to.")
    rejection_reason: str | None = column("Why the operator rejected the offer.")
    service_agreement: OfferDocument | None = resolved(
        offer.service_agreement, "The document that defines the service. It holds prices."
    )
    documents: list[Document] | None = resolved(
        offer.documents, "The documents that `serviceAgreement` was made of, for those who write the offer."
    )
    agreements: Connection[Annotated[Agreement, strawberry.lazy("schema.agreement")]] = resolved(
        offer.agreements, "The agreements with the buyers who accepted. A buyer sees only its own.", PAGE
    )
    version: int | None = column(
        "The number of the version, which grows with each change of the terms. `updateOffer` and `acceptOffer` take it."
    )
    created_at: datetime = column("When the offer was made.")
    viewer_can: list[str] = viewer_can_field("Offer")


@strawberry.type
class OfferQueries:
    offers: Connection[Offer] = resolved(
        offer.offers, "The private offers that the viewer's company made or received.", page_arguments("Offer", "offers")
    )
