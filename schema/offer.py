"""Private offers."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from resolvers import offer
from schema.building.action_fields import viewer_can_field
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.company import Company
from schema.enums import OfferStatus, PaymentModel
from schema.product import Product
from schema.values import Money


@strawberry.type(description="A priced unit of an offer.")
class OfferDimension:
    name: str = column("What it is called.")
    description: str | None = column("What it is.")
    unit: str = column("What is counted.")
    price: Money | None = resolved(offer.price, "What it costs.")


@strawberry.type(description="A payment of an offer that is paid by a schedule.")
class Instalment:
    charge_date: date = column("When it is charged.")
    amount: Money | None = resolved(offer.amount, "How much is charged.")


@strawberry.type(
    description="What a seller proposes to named buyers. Read by its seller and its buyers alone, and their partners."
)
class Offer(Node):
    is_type_of = of("Offer")

    product: Product = resolved(offer.product, "What is offered.")
    seller: Company = resolved(offer.seller, "Who offers it.")
    buyers: list[Company] | None = resolved(offer.buyers, "Whom it is extended to. A buyer finds only itself.")
    name: str = column("What seller and buyers call it.")
    status: OfferStatus = column("Where it stands.")
    payment_model: PaymentModel = column("How it is paid.")
    dimensions: list[OfferDimension] = resolved(offer.dimensions, "What is priced.")
    instalments: list[Instalment] = resolved(offer.instalments, "When is paid, where it is paid by a schedule.")
    total_value: Money | None = resolved(offer.total_value, "What it comes to.")
    contract_end_date: date = column("When the agreed services end.")
    expires_on: date = column("The last day on which it can be accepted.")
    created_at: datetime = column("When it was made.")
    viewer_can: list[str] = viewer_can_field("Offer")
