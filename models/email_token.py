"""Email tokens: each was sent to an address in a link, which works once, until it expires (V42). Only its hash is stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Identified, enum_column, now
from models.kinds import PersonalEmail, Secret


class EmailTokenPurpose(DescribedEnum):
    """What a link is for."""

    SIGN_UP = "SIGN_UP", "It confirms an email address."
    PASSWORD_RESET = "PASSWORD_RESET", "It sets a new password."


LIFETIMES: Final = {  # V42
    EmailTokenPurpose.SIGN_UP: timedelta(hours=24),
    EmailTokenPurpose.PASSWORD_RESET: timedelta(hours=1),
}
RATE_WINDOW: Final = timedelta(hours=1)
MAX_PER_ADDRESS: Final = 5  # emails to one address within RATE_WINDOW; further requests send nothing
MAX_PER_PEER: Final = 50  # emails that one network address requests


class EmailToken(Identified, Base):
    """A link that was requested for an address from a network address. Using it sets `used_at`."""

    __tablename__ = "email_token"
    IS_LOGGED = False

    purpose: Mapped[EmailTokenPurpose] = mapped_column(enum_column(EmailTokenPurpose))
    address: Mapped[PersonalEmail]
    token_hash: Mapped[Secret] = mapped_column(unique=True)
    peer: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        sa.Index("email_token_address_ix", sa.text("lower(address)"), "created_at"),
        sa.Index("email_token_peer_ix", "peer", "created_at"),
        sa.Index("email_token_expires_at_ix", "expires_at"),
    )
