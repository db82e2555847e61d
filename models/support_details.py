"""Support details: how a company's users reach technical support (R123, R124, V15)."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, Versioned, enum_column
from models.concept import Concept
from models.kinds import Email, Phone
from models.managed_account import SupportedBy

MAX_HOURS_LENGTH: Final = 200  # characters (V7)


class SupportDetails(Owned, Versioned, Base):
    """Phone, email address and hours of support. Required if the operator supports a managed account (V15)."""

    __tablename__ = "support_details"

    supported_by: Mapped[SupportedBy] = mapped_column(enum_column(SupportedBy))
    email: Mapped[Email | None]
    phone: Mapped[Phone | None]
    hours: Mapped[str | None]

    __table_args__ = (
        sa.UniqueConstraint("company_id"),
        sa.Index("support_details_partner_id_page", "partner_id", "company_id"),
    )

    @property
    def is_enough(self) -> bool:
        """True if the details suffice for the support provider: the operator needs an email address and a phone number (V15)."""
        return not needs_contact(self.supported_by) or None not in (self.email, self.phone)


def needs_contact(supported_by: SupportedBy) -> bool:
    """Return True if an email address and a phone number are required (V15)."""
    return supported_by == SupportedBy.OPERATOR


CONCEPTS: Final = (Concept("SupportDetails", SupportDetails),)
