"""Registrations of sellers: the bank account that a company is paid to (R206-R209, V31).

The number is stored encrypted. No statement of the API reads it, and of its characters only the last four are stored in clear.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, now, private
from models.concept import Concept
from models.kinds import BankAccount

MAX_HOLDER_LENGTH: Final = 200  # characters
SHOWN_CHARACTERS: Final = 4  # at the end of a number


class SellerRegistration(Owned, Base):
    """A seller's bank account, one for each company. Another registration replaces it (V74)."""

    __tablename__ = "seller_registration"

    account_holder: Mapped[str] = mapped_column(info=private(log=False))
    bank_account_country: Mapped[str] = mapped_column(sa.String(2))
    bank_account_last4: Mapped[str] = mapped_column(sa.String(SHOWN_CHARACTERS))
    bank_account_number: Mapped[BankAccount] = mapped_column(info=private(read=False, log=False))
    registered_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (sa.UniqueConstraint("company_id"),)


CONCEPTS: Final = (Concept("SellerRegistration", SellerRegistration),)
