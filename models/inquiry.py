"""Inquiries: messages that visitors and users send to a provider through its Marketplace profile (R018, V22).

The provider owns the inquiry. The sender can't read it again and never sees the address that it's sent to.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, now, private
from models.concept import Concept
from models.kinds import Email


class Inquiry(Owned, Base):
    """One inquiry. The sender's details are unverified. `user_id` is the signed-in user, or None for a visitor."""

    __tablename__ = "inquiry"

    profile_id: Mapped[UUID] = mapped_column(sa.ForeignKey("marketplace_profile.id", ondelete="CASCADE"))
    user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("app_user.id"))
    sender_name: Mapped[str] = mapped_column(info=private(log=False))
    sender_email: Mapped[Email] = mapped_column(info=private(log=False))
    sender_company: Mapped[str | None] = mapped_column(info=private(log=False))
    message: Mapped[str] = mapped_column(info=private(log=False))
    peer: Mapped[str | None] = mapped_column(info=private(log=False))  # the sender's network address; never shown to anyone
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.Index("inquiry_company_id_page", "company_id", "id"),
        sa.Index("inquiry_partner_id_page", "partner_id", "id"),
        sa.Index("inquiry_profile_id_created_at", "profile_id", "created_at"),
        sa.Index("inquiry_peer_created_at", "peer", "created_at", postgresql_where=sa.text("user_id IS NULL")),
        sa.Index("inquiry_user_id_created_at", "user_id", "created_at"),
    )


CONCEPTS: Final = (Concept("Inquiry", Inquiry, tag=b"iq", newest_first=True),)
