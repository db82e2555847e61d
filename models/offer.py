"""Private offers: a seller's offer of one product to named buyers, with prices and a payment schedule (R204-R246).

A buyer's row has copies of the offer's columns that policy compares (seller, product). The database sets them.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, Owned, copied, enum_column, now
from models.concept import Concept, Link, Relation, equals
from models.kinds import BigAmount
from models.lifecycle import Lifecycle, Staged, Step, partition


class OfferStatus(StrEnum):  # A23, A26, A29, V5
    """The status of a private offer. Buyers can see it once it is published."""

    DRAFT = "DRAFT"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    PUBLISHED = "PUBLISHED"
    ACCEPTED = "ACCEPTED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
    REJECTED = "REJECTED"


class PaymentModel(StrEnum):  # R229, R235, R236
    """How an offer is paid: in one payment for the chosen dimensions, or for one dimension in instalments."""

    UPFRONT = "UPFRONT"
    SCHEDULE = "SCHEDULE"


LIFECYCLE: Final = Lifecycle(
    {
        "submit": Step({OfferStatus.DRAFT}, OfferStatus.PENDING_APPROVAL),
        "publish": Step({OfferStatus.DRAFT, OfferStatus.PENDING_APPROVAL}, OfferStatus.PUBLISHED),
        "reject": Step({OfferStatus.PENDING_APPROVAL}, OfferStatus.REJECTED),
        "accept": Step({OfferStatus.PUBLISHED}, OfferStatus.ACCEPTED),
        "expire": Step({OfferStatus.PUBLISHED}, OfferStatus.EXPIRED),
        "withdraw": Step({OfferStatus.PUBLISHED}, OfferStatus.WITHDRAWN),
    }
)
UNEXTENDED, EXTENDED = partition(  # buyers can see an offer once it's published (V19)
    OfferStatus,
    {OfferStatus.DRAFT, OfferStatus.PENDING_APPROVAL, OfferStatus.REJECTED},
    {OfferStatus.PUBLISHED, OfferStatus.ACCEPTED, OfferStatus.EXPIRED, OfferStatus.WITHDRAWN},
)
CURRENCIES: Final = ("USD", "EUR", "GBP", "AUD", "JPY", "CAD")
MAX_BUYERS: Final = 25  # R227


class Offer(Owned, Staged, Base):
    """A private offer, owned by the seller. `total_value` is in minor units of `currency` (A23)."""

    __tablename__ = "offer"
    LIFECYCLE = LIFECYCLE

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id"))
    name: Mapped[str] = mapped_column(sa.String(150))  # V7
    status: Mapped[OfferStatus] = mapped_column(enum_column(OfferStatus), default=OfferStatus.DRAFT)
    payment_model: Mapped[PaymentModel] = mapped_column(enum_column(PaymentModel))
    currency: Mapped[str] = mapped_column(sa.String(3))
    total_value: Mapped[BigAmount]
    contract_end_date: Mapped[date]
    expires_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.CheckConstraint(f"currency IN {CURRENCIES}", name="currency"),
        sa.CheckConstraint("total_value >= 0", name="total_value"),
        sa.Index("offer_company_id_page", "company_id", "id"),
        sa.Index("offer_company_id_status_page", "company_id", "status", "id"),
        sa.Index("offer_company_id_product_id_page", "company_id", "product_id", "id"),
        sa.Index("offer_partner_id_page", "partner_id", "id"),
        sa.Index("offer_partner_id_status_page", "partner_id", "status", "id"),
        sa.Index("offer_partner_id_company_id_page", "partner_id", "company_id", "id"),
        sa.Index("offer_partner_id_product_id_page", "partner_id", "product_id", "id"),
        sa.Index("offer_product_id_page", "product_id", "id"),
        sa.Index("offer_status_page", "status", "id"),
    )


class OfferBuyer(Base):
    """A buyer of an offer. `partner_id` is the partner that manages the buyer, if any."""

    __tablename__ = "offer_buyer"

    offer_id: Mapped[UUID] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    partner_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("company.id"), info=copied("partner_id", of="company_id", by="buyer_facts")
    )
    seller_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("company.id"), info=copied("company_id", of="offer_id", by="buyer_facts")
    )
    seller_partner_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("company.id"), info=copied("partner_id", of="offer_id", by="buyer_facts")
    )
    product_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("product.id"), info=copied("product_id", of="offer_id", by="buyer_facts")
    )

    __table_args__ = (
        *(
            sa.Index(f"offer_buyer_{'_'.join(columns)}_page", *columns, "offer_id")
            for buyer in ("company_id", "partner_id")
            for columns in ((buyer,), (buyer, "seller_id"), (buyer, "product_id"))
        ),
        sa.Index("offer_buyer_company_id_seller_partner_id_page", "company_id", "seller_partner_id", "offer_id"),
        sa.Index("offer_buyer_company_id_partner_id_page", "company_id", "partner_id", "offer_id"),
    )


class OfferDimension(Identified, Base):
    """A priced unit of an offer (R234-R236). `price` is in minor units of the offer's currency."""

    __tablename__ = "offer_dimension"

    offer_id: Mapped[UUID] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str]
    description: Mapped[str | None]
    unit: Mapped[str]
    price: Mapped[BigAmount]
    currency: Mapped[str] = mapped_column(sa.String(3))

    __table_args__ = (sa.UniqueConstraint("offer_id", "position"),)


class Instalment(Identified, Base):
    """One payment of a schedule (R236). `amount` is in minor units of the offer's currency."""

    __tablename__ = "instalment"

    offer_id: Mapped[UUID] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"))
    charge_date: Mapped[date]
    amount: Mapped[BigAmount]
    currency: Mapped[str] = mapped_column(sa.String(3))

    __table_args__ = (sa.UniqueConstraint("offer_id", "charge_date"),)  # A28: dates are strictly increasing


CONCEPTS: Final = (
    Concept(
        "Offer",
        Offer,
        tag=b"of",
        links=(Link("buyers", "offer_buyer", "id", "offer_id"),),
        below={
            "company.offers": Relation(("company_id",)),
            "company.received_offers": Relation(
                link="offer_buyer", parent="company_id", child="offer_id", link_type="OfferBuyer"
            ),
            "product.offers": Relation(("product_id",)),
        },
        filters={
            "status": equals("status", "Matches the status."),
            "product_id": equals("product_id", "Matches the product.", "product", id_of="Product"),
        },
    ),
    Concept("OfferBuyer", OfferBuyer),
    Concept("OfferDimension", OfferDimension, part_of="Offer"),
    Concept("Instalment", Instalment, part_of="Offer"),
)
