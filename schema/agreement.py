"""Agreements."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from models.agreement import AgreementStatus
from resolvers import agreement
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.company import Company
from schema.offer import Instalment, Offer, OfferDimension
from schema.product import Product
from schema.user import User
from schema.values import Money, Waiting


@strawberry.type(
    description="What a buyer and a seller have agreed: the buyer accepted a private offer. Visible to both, their partners and the "
    "operator."
)
class Agreement(Node):
    is_type_of = of("Agreement")

    offer: Offer = resolved(agreement.offer, "The offer that the buyer accepted.")
    product: Product = resolved(agreement.product, "The product.")
    buyer: Company = resolved(agreement.buyer, "The company that accepted the offer.")
    seller: Company = resolved(agreement.seller, "The company that made the offer.")
    status: AgreementStatus = resolved(agreement.status, "The status of the agreement.")
    waits_for: Waiting | None = resolved(
        agreement.waits_for,
        "Who has to act next: the seller, who provides the service until the agreement ends. Null if nobody has to.",
    )
    is_final: bool = resolved(agreement.is_final, "Whether no further step is possible: the agreement is ENDED or CANCELLED.")
    dimensions: list[OfferDimension] = resolved(agreement.dimensions, "The dimensions that the buyer chose.")
    instalments: list[Instalment] = resolved(
        agreement.instalments, "The scheduled payments, if the agreement is paid in instalments."
    )
    total_value: Money | None = resolved(
        agreement.total_value, "The total value: the sum of the instalments, or of the prices of the chosen dimensions."
    )
    accepted_by: User | None = resolved(
        agreement.accepted_by, "The user who accepted the offer. Null if the viewer can't see the user."
    )
    cancellation_reason: str | None = column("Why the operator cancelled the agreement.")
    starts_on: date = column("The first day: the day, in UTC, when the offer was accepted.")
    ends_on: date = column("The last day. The agreement is ENDED from the day after.")
    ended_at: datetime | None = resolved(agreement.ended_at, "When the agreement ended or was cancelled.")
    created_at: datetime = column("When the offer was accepted.")
    viewer_can: list[str] = viewer_can_field("Agreement")


@strawberry.type
class AgreementQueries:
    agreements: Connection[Agreement] = resolved(
        agreement.agreements,
        "The agreements of the viewer's company and of the companies it manages, as buyer or as seller.",
        page_arguments("Agreement", "agreements"),
    )
