"""Support details: whom a company's people turn to for technical support (R123, R124, V15)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, Versioned, word
from models.managed_account import SupportedBy


class SupportDetails(Owned, Versioned, Base):
    """Phone, e-mail address and hours of support. Required where the operator supports a managed account (V15)."""

    __tablename__ = "support_details"

    supported_by: Mapped[SupportedBy] = mapped_column(word(SupportedBy))
    email: Mapped[str | None]
    phone: Mapped[str | None]
    hours: Mapped[str | None]

    __table_args__ = (
        sa.UniqueConstraint("company_id"),
        sa.Index("support_details_partner_id_page", "partner_id", "company_id"),
    )
