"""Private offers: a seller's offer of one product to named buyers, with prices and a payment schedule (R204-R246).

A buyer's row has copies of the offer's columns that policy or filters compare, such as its seller and status. The database sets
them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Identified, Owned, Versioned, copied, enum_column, now, private
from models.concept import (
    AllowedFrom,
    Concept,
    Link,
    Relation,
    SortOrder,
    day_ends,
    equals,
    in_state,
    in_states,
    listed,
    steps_of,
)
from models.kinds import BigAmount
from models.lifecycle import Deadline, Lifecycle, Staged, Step, Wait, WaitingSide, partition


class OfferStatus(DescribedEnum):  # A23, A26, A29, V5
    """The status of a private offer. Buyers can see it once it is published."""

    DRAFT = "DRAFT", "The seller writes it. Buyers can't see it."
    PENDING_APPROVAL = "PENDING_APPROVAL", "It waits for the operator, because of its value. Buyers can't see it."
    PUBLISHED = "PUBLISHED", "A buyer can accept it until it expires."
    ACCEPTED = "ACCEPTED", "A buyer has accepted it."
    EXPIRED = "EXPIRED", "Nobody accepted it in time."
    WITHDRAWN = "WITHDRAWN", "The seller took it back."
    REJECTED = "REJECTED", "The operator has rejected it, with a reason."


class PaymentModel(DescribedEnum):  # R229, R235, R236
    """How an offer is paid: in one payment for the chosen dimensions, or for one dimension in instalments."""

    UPFRONT = "UPFRONT", "One payment, for the chosen dimensions."
    SCHEDULE = "SCHEDULE", "Instalments, for one dimension."


LIFECYCLE: Final = Lifecycle(
    {
        "submit": Step({OfferStatus.DRAFT, OfferStatus.PUBLISHED}, OfferStatus.PENDING_APPROVAL, "publish"),  # A23, V37
        "publish": Step({OfferStatus.DRAFT}, OfferStatus.PUBLISHED),
        "approve": Step({OfferStatus.PENDING_APPROVAL}, OfferStatus.PUBLISHED),
        "reject": Step({OfferStatus.PENDING_APPROVAL}, OfferStatus.REJECTED),
        "accept": Step({OfferStatus.PUBLISHED}, OfferStatus.ACCEPTED),
        "expire": Step({OfferStatus.PUBLISHED}, OfferStatus.EXPIRED),
        "withdraw": Step({OfferStatus.PUBLISHED}, OfferStatus.WITHDRAWN),
    },
    waits={
        OfferStatus.DRAFT: Wait(WaitingSide.SELLER, ("created_at",)),
        OfferStatus.PENDING_APPROVAL: Wait(WaitingSide.OPERATOR, ("submitted_at", "created_at")),
        OfferStatus.PUBLISHED: Wait(WaitingSide.BUYER, ("published_at", "created_at"), "expires_at"),
    },
    deadline=Deadline("expire", "expiry_key"),
)
DRAFTED, UNAPPROVED, OPEN, ACCEPTED, CLOSED = partition(
    OfferStatus,
    {OfferStatus.DRAFT},
    {OfferStatus.PENDING_APPROVAL, OfferStatus.REJECTED},
    {OfferStatus.PUBLISHED},
    {OfferStatus.ACCEPTED},
    {OfferStatus.EXPIRED, OfferStatus.WITHDRAWN},
)
CHANGEABLE: Final = DRAFTED | OPEN  # R245, V37
ACCEPTABLE: Final = OPEN | ACCEPTED  # a buyer can accept an offer that another one has accepted (V36)
EXTENDED: Final = ACCEPTABLE | CLOSED  # buyers can see an offer once it's published (V19)
UNEXTENDED: Final = DRAFTED | UNAPPROVED
EXPIRES_AT: Final = "(expires_on + 1)::timestamp AT TIME ZONE 'UTC'"
NEVER: Final = "'9999-01-01 00:00:00+00'::timestamptz"  # sorts offers without an expiry
CURRENCIES: Final = ("USD", "EUR", "GBP", "AUD", "JPY", "CAD")
MAX_BUYERS: Final = 25  # R227
MAX_INSTALMENTS: Final = 60  # V7
MAX_NAME_LENGTH: Final = 150  # characters (V7)
APPROVAL_ABOVE: Final = 250_000  # in major units of any currency (A23)
BY_EXPIRY: Final = " The list is then sorted by EXPIRES_ON unless `orderBy` is set."
APPROVAL_NEEDED: Final = f"The operator approves offers with a total value above {APPROVAL_ABOVE:,}."


class Offer(Owned, Versioned, Staged, Base):
    """A private offer, owned by the seller. `total_value` is in minor units of `currency` (A23).

    A draft may lack its dates (V68). `expires_at` is the end, in UTC, of the last day on which it can be accepted.
    """

    __tablename__ = "offer"
    LIFECYCLE = LIFECYCLE

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id"))
    name: Mapped[str] = mapped_column(sa.String(MAX_NAME_LENGTH))
    status: Mapped[OfferStatus] = mapped_column(enum_column(OfferStatus), default=OfferStatus.DRAFT)
    payment_model: Mapped[PaymentModel] = mapped_column(enum_column(PaymentModel))
    currency: Mapped[str] = mapped_column(sa.String(3))
    total_value: Mapped[BigAmount] = mapped_column(default=0)
    zero_price_confirmed: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # R237
    document_ids: Mapped[list[UUID]] = mapped_column(default=list, server_default=sa.text("'{}'"))  # R238, in order
    contract_end_date: Mapped[date | None]
    expires_on: Mapped[date | None]
    expires_at: Mapped[datetime | None] = mapped_column(sa.Computed(EXPIRES_AT, persisted=True))
    expiry_key: Mapped[datetime] = mapped_column(  # never NULL, so that a page can be sorted by it
        sa.Computed(f"coalesce({EXPIRES_AT}, {NEVER})", persisted=True), info=private(log=False)
    )
    approval_reason: Mapped[str | None]  # R223
    rejection_reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    submitted_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("app_user.id"))
    submitted_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint(f"currency IN {CURRENCIES}", name="currency"),
        sa.CheckConstraint("total_value >= 0", name="total_value"),
        sa.CheckConstraint(
            "status = 'DRAFT' OR (contract_end_date IS NOT NULL AND expires_on IS NOT NULL)", name="published_has_dates"
        ),
        sa.Index("offer_company_id_page", "company_id", "id"),
        sa.Index("offer_company_id_status_page", "company_id", "status", "id"),
        sa.Index("offer_company_id_product_id_page", "company_id", "product_id", "id"),
        sa.Index("offer_partner_id_page", "partner_id", "id"),
        sa.Index("offer_partner_id_status_page", "partner_id", "status", "id"),
        sa.Index("offer_partner_id_company_id_page", "partner_id", "company_id", "id"),
        sa.Index("offer_partner_id_product_id_page", "partner_id", "product_id", "id"),
        sa.Index("offer_product_id_page", "product_id", "id"),
        sa.Index("offer_status_page", "status", "id"),
        sa.Index("offer_expiry_key_page", "expiry_key", "id"),
        sa.Index("offer_company_id_expiry_key_page", "company_id", "expiry_key", "id"),
        sa.Index("offer_partner_id_expiry_key_page", "partner_id", "expiry_key", "id"),
        sa.Index("offer_documents", "document_ids", postgresql_using="gin"),
        sa.Index("offer_due", "expiry_key", postgresql_where=sa.text("status = 'PUBLISHED'")),
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
    status: Mapped[OfferStatus] = mapped_column(
        enum_column(OfferStatus), info=copied("status", of="offer_id", by="buyer_states")
    )
    expiry_key: Mapped[datetime] = mapped_column(info=copied("expiry_key", of="offer_id", by="buyer_states"))

    __table_args__ = (
        *(
            sa.Index(f"offer_buyer_{'_'.join(columns)}_page", *columns, "offer_id")
            for buyer in ("company_id", "partner_id")
            for columns in (
                (buyer,),
                (buyer, "seller_id"),
                (buyer, "product_id"),
                (buyer, "status"),
                (buyer, "expiry_key"),
            )
        ),
        sa.Index("offer_buyer_company_id_seller_partner_id_page", "company_id", "seller_partner_id", "offer_id"),
        sa.Index("offer_buyer_company_id_partner_id_page", "company_id", "partner_id", "offer_id"),
        sa.Index("offer_buyer_due", "expiry_key", postgresql_where=sa.text("status = 'PUBLISHED'")),
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
        links=(
            Link("buyers", "offer_buyer", "id", "offer_id"),
            Link("seller_members", "membership", "company_id", "company_id"),
            Link("partner_members", "membership", "partner_id", "company_id"),
        ),
        below={
            "company.offers": Relation(("company_id",)),
            "company.received_offers": Relation(
                link="offer_buyer", parent="company_id", child="offer_id", link_type="OfferBuyer"
            ),
            "product.offers": Relation(("product_id",)),
        },
        orders={
            "EXPIRES_ON": SortOrder(
                ("expiry_key",), "expires_on", "By the last day on which it can be accepted. Drafts without one come last."
            ),
        },
        filters={
            "status": in_state(LIFECYCLE, "Matches the status."),
            "statuses": in_states(LIFECYCLE, "Matches any of these statuses."),
            "buyer_id": listed(
                "company.received_offers", "company_id", "buyers", "Matches offers to this company.", id_of="Company"
            ),
            "seller_id": equals("company_id", "Matches the company that made the offer.", "seller", id_of="Company"),
            "product_id": equals("product_id", "Matches the product.", "product", id_of="Product"),
            "expires_from": day_ends(
                "expiry_key",
                "expires_on",
                f"Matches offers that expire on or after this date.{BY_EXPIRY}",
                from_day=True,
                never=NEVER,
                order="EXPIRES_ON",
            ),
            "expires_to": day_ends(
                "expiry_key",
                "expires_on",
                f"Matches offers that expire on or before this date.{BY_EXPIRY}",
                from_day=False,
                never=NEVER,
                order="EXPIRES_ON",
            ),
        },
        actions={
            "update": AllowedFrom(CHANGEABLE),
            **steps_of(LIFECYCLE, "publish", "approve", "reject"),
            **steps_of(LIFECYCLE, "withdraw", until="expires_at"),
            "extend": AllowedFrom({OfferStatus.PUBLISHED}, "expires_at"),
            "accept": AllowedFrom(ACCEPTABLE, "expires_at"),
        },
        shown_by={
            "company_id": "seller",
            "product_id": "product",
            "expires_at": "expires_on",
            "expiry_key": "expires_on",
            "document_ids": "documents",
        },
    ),
    Concept("OfferBuyer", OfferBuyer),
    Concept(
        "OfferDimension",
        OfferDimension,
        tag=b"od",
        is_node=False,
        part_of="Offer",
        links=(Link("offers", "offer", "offer_id", "id"),),
    ),
    Concept("Instalment", Instalment, part_of="Offer", links=(Link("offers", "offer", "offer_id", "id"),)),
)
