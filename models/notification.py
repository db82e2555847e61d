"""Notifications: what a user is told in the product, beside the mail that goes out with it (X6).

A notification is one user's alone, and only as a member of the company that it concerns. It never holds a price, or anything else
that could be hidden from whoever reads it: it is kept as it was written, whatever policy says later.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, enum_column, now

TITLE_LENGTH: Final = 200


class NotificationKind(StrEnum):
    """What a notification is about (X6)."""

    EMAIL_VERIFICATION = "EMAIL_VERIFICATION"
    INVITATION = "INVITATION"
    COMPANY_VERIFIED = "COMPANY_VERIFIED"
    COMPANY_REJECTED = "COMPANY_REJECTED"
    LISTING_APPROVED = "LISTING_APPROVED"
    LISTING_REJECTED = "LISTING_REJECTED"
    OFFER_REQUESTED = "OFFER_REQUESTED"
    OFFER_ACCEPTED = "OFFER_ACCEPTED"
    CONNECTION_REQUESTED = "CONNECTION_REQUESTED"
    CONNECTION_DECIDED = "CONNECTION_DECIDED"
    PROFILE_INQUIRY = "PROFILE_INQUIRY"
    ORDER_APPROVAL_REQUESTED = "ORDER_APPROVAL_REQUESTED"
    ORDER_APPROVAL_DECIDED = "ORDER_APPROVAL_DECIDED"
    MAINTENANCE = "MAINTENANCE"
    SECURITY = "SECURITY"


class Notification(Owned, Base):
    """One notice to one user. Its owner is the company of which the user is a member; the subject is what it is about."""

    __tablename__ = "notification"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("app_user.id"))
    kind: Mapped[NotificationKind] = mapped_column(enum_column(NotificationKind))
    title: Mapped[str] = mapped_column(sa.String(TITLE_LENGTH))
    body: Mapped[str]  # plain text
    subject_type: Mapped[str | None] = mapped_column(sa.String(32))  # a type of the API
    subject_key: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint("(subject_type IS NULL) = (subject_key IS NULL)", name="whole_subject"),
        sa.Index("notification_user_id_page", "user_id", "company_id", "id"),
        sa.Index("notification_unread_page", "user_id", "company_id", "id", postgresql_where=sa.text("read_at IS NULL")),
    )
