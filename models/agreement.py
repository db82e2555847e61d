"""Agreements: one record for each offer that a buyer accepted (V4).

An agreement has copies of the offer's columns that policy compares (seller, product). The database sets them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Owned, copied, enum_column, now
from models.concept import Concept, Relation, equals, in_state, in_states, page_columns, page_indexes, steps_of
from models.kinds import BigAmount
from models.lifecycle import Deadline, Lifecycle, Staged, Step, Wait, WaitingSide


class AgreementStatus(DescribedEnum):  # V4
    """The status of an agreement."""

    ACTIVE = "ACTIVE", "The agreement runs."
    ENDED = "ENDED", "Its time is over."
    CANCELLED = "CANCELLED", "The operator's support has cancelled it, with a reason."


LIFECYCLE: Final = Lifecycle(
    {
        "end": Step({AgreementStatus.ACTIVE}, AgreementStatus.ENDED),
        "cancel": Step({AgreementStatus.ACTIVE}, AgreementStatus.CANCELLED),
    },
    waits={AgreementStatus.ACTIVE: Wait(WaitingSide.SELLER, ("created_at",), "ends_at")},  # who provides the service
    deadline=Deadline("end", "ends_at"),
)
FILTERS: Final = {
    "status": in_state(LIFECYCLE, "Matches the status."),
    "statuses": in_states(LIFECYCLE, "Matches any of these statuses."),
    "offer_id": equals("offer_id", "Matches the offer.", "offer", id_of="Offer"),
}
PAGES: Final = page_columns({}, FILTERS)
OWNERS: Final = ("company_id", "partner_id", "seller_id", "seller_partner_id")


class Agreement(Owned, Staged, Base):
    """One buyer's acceptance of an offer (A29). The buyer owns it. `total_value` is in minor units of `currency`.

    `dimension_ids` are the dimensions that the buyer chose. `ends_at` is the end, in UTC, of its last day.
    """

    __tablename__ = "agreement"
    LIFECYCLE = LIFECYCLE

    offer_id: Mapped[UUID] = mapped_column(sa.ForeignKey("offer.id"))
    product_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("product.id"), info=copied("product_id", of="offer_id", by="agreement_facts")
    )
    seller_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("company.id"), info=copied("company_id", of="offer_id", by="agreement_facts")
    )
    seller_partner_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("company.id"), info=copied("partner_id", of="offer_id", by="agreement_facts")
    )
    dimension_ids: Mapped[list[UUID]]
    total_value: Mapped[BigAmount]
    currency: Mapped[str] = mapped_column(sa.String(3))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    ends_at: Mapped[datetime] = mapped_column(sa.Computed("(ends_on + 1)::timestamp AT TIME ZONE 'UTC'", persisted=True))
    status: Mapped[AgreementStatus] = mapped_column(enum_column(AgreementStatus), default=AgreementStatus.ACTIVE)
    accepted_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("app_user.id"))
    cancellation_reason: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.UniqueConstraint("offer_id", "company_id"),
        sa.ForeignKeyConstraint(["offer_id", "company_id"], ["offer_buyer.offer_id", "offer_buyer.company_id"]),
        sa.CheckConstraint("total_value >= 0", name="total_value"),
        sa.CheckConstraint("cardinality(dimension_ids) > 0", name="has_dimension"),
        sa.CheckConstraint("(status = 'ACTIVE') = (ended_at IS NULL)", name="ended"),
        *page_indexes("agreement", PAGES, OWNERS),
        *page_indexes("agreement", PAGES[1:]),
        sa.Index("agreement_product_id_page", "product_id", "id"),
        sa.Index("agreement_due", "ends_at", postgresql_where=sa.text("status = 'ACTIVE'")),
    )


CONCEPTS: Final = (
    Concept(
        "Agreement",
        Agreement,
        tag=b"ag",
        below={"offer.agreements": Relation(("offer_id",))},
        filters=FILTERS,
        actions=steps_of(LIFECYCLE, "cancel", until="ends_at"),
        shown_by={
            "offer_id": "offer",
            "seller_id": "seller",
            "company_id": "buyer",
            "dimension_ids": "dimensions",
            "ends_at": "ends_on",
        },
    ),
)
