"""Dealings: the number of offers, by status, that a seller has made to a buyer for a product.

Database triggers derive dealings from offers and their buyers; the gateway never writes them. Policy uses them to check who was
offered a product without scanning all offers (R219, R264, V18).
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, copied, enum_column
from models.offer import EXTENDED, OfferStatus

EXTENDED_STATUSES: Final = ", ".join(
    f"'{status}'" for status in OfferStatus if status in EXTENDED
)  # buyers can see these (V19)


class Dealing(Base):
    """The number of offers with one status from a seller to a buyer for a product. A count of zero has no row."""

    __tablename__ = "dealing"

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    buyer_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    status: Mapped[OfferStatus] = mapped_column(enum_column(OfferStatus), primary_key=True)
    buyer_partner_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("company.id"))
    seller_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("company.id"), info=copied("company_id", of="product_id", by="dealings_of_offer")
    )
    seller_partner_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("company.id"))
    product_logo_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("image.id"), info=copied("logo_id", of="product_id", by="dealing_logo")
    )
    offers: Mapped[int]

    __table_args__ = (
        sa.CheckConstraint("offers > 0", name="offers"),
        *(
            sa.Index(
                f"dealing_{buyer}_{name}_page", buyer, *columns, postgresql_where=sa.text(f"status IN ({EXTENDED_STATUSES})")
            )
            for buyer in ("buyer_id", "buyer_partner_id")
            for name, columns in (("product", ("product_id",)), ("seller", ("seller_id", "product_id")))
        ),
        sa.Index("dealing_logo", "product_logo_id", postgresql_where=sa.text("product_logo_id IS NOT NULL")),
        sa.Index("dealing_seller_id_buyer_page", "seller_id", "buyer_id"),
        sa.Index("dealing_seller_partner_id_buyer_page", "seller_partner_id", "buyer_id"),
    )
