"""Agreements: one record for each offer that a buyer accepted (V4)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, enum_column, now
from models.kinds import BigAmount
from models.lifecycle import Lifecycle, Staged, Step


class AgreementStatus(StrEnum):  # V4
    """The status of an agreement."""

    ACTIVE = "ACTIVE"
    ENDED = "ENDED"
    CANCELLED = "CANCELLED"


LIFECYCLE: Final = Lifecycle(
    {
        "end": Step({AgreementStatus.ACTIVE}, AgreementStatus.ENDED),
        "cancel": Step({AgreementStatus.ACTIVE}, AgreementStatus.CANCELLED),
    }
)


class Agreement(Owned, Staged, Base):
    """One buyer's acceptance of an offer (A29). The buyer owns it. `amount` is in minor units of `currency`."""

    __tablename__ = "agreement"
    LIFECYCLE = LIFECYCLE

    offer_id: Mapped[UUID] = mapped_column(sa.ForeignKey("offer.id"))
    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id"))
    seller_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    dimension_id: Mapped[UUID] = mapped_column(sa.ForeignKey("offer_dimension.id"))
    amount: Mapped[BigAmount]
    currency: Mapped[str] = mapped_column(sa.String(3))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    status: Mapped[AgreementStatus] = mapped_column(enum_column(AgreementStatus), default=AgreementStatus.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.UniqueConstraint("offer_id", "company_id"),
        sa.Index("agreement_company_id_page", "company_id", "id"),
        sa.Index("agreement_seller_id_page", "seller_id", "id"),
        sa.Index("agreement_product_id_page", "product_id", "id"),
    )
