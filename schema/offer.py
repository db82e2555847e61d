"""Private offers."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from models.offer import OfferStatus, PaymentModel
from resolvers import offer
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.company import Company
from schema.product import Product
from schema.values import Money


@strawberry.type(description="A unit of an offer that has a price.")
class OfferDimension:
    name: str = column("The name of the dimension.")
    description: str | None = column("A description of the dimension.")
    unit: str = column("The unit that is priced.")
    price: Money | None = resolved(offer.price, "The price per unit.")


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
    status: OfferStatus = column("The status of the offer.")
    payment_model: PaymentModel = column("How the offer is paid.")
    dimensions: list[OfferDimension] = resolved(offer.dimensions, "The priced units of the offer.")
    instalments: list[Instalment] = resolved(offer.instalments, "The scheduled payments, if the offer is paid in instalments.")
    total_value: Money | None = resolved(offer.total_value, "The total value of the offer.")
    contract_end_date: date = column("The date when the agreed services end.")
    expires_on: date = column("The last day on which the offer can be accepted.")
    created_at: datetime = column("When the offer was made.")
    viewer_can: list[str] = viewer_can_field("Offer")


@strawberry.type
class OfferQueries:
    offers: Connection[Offer] = resolved(
        offer.offers, "The private offers that the viewer's company made or received.", page_arguments("Offer", "offers")
    )
