"""Sign-in attempts that failed or are running. They limit how often passwords can be guessed (V43), across all gateway processes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, now

WINDOW: Final = timedelta(minutes=15)  # in which attempts count
MAX_PER_ADDRESS: Final = 10
MAX_PER_PEER: Final = 30


class SignInAttempt(Identified, Base):
    """One attempt, for a digest of the email address, from a network address. The attempt of a right password is deleted."""

    __tablename__ = "sign_in_attempt"
    IS_LOGGED = False

    address_digest: Mapped[str]  # so that the table doesn't collect addresses that people mistype
    peer: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.Index("sign_in_attempt_address_digest_ix", "address_digest", "created_at"),
        sa.Index("sign_in_attempt_peer_ix", "peer", "created_at"),
        sa.Index("sign_in_attempt_created_at_ix", "created_at"),
    )
