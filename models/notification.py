"""Notifications: messages shown to a user in the product. Each one has a matching mail (X6).

A notification is visible to one user only, and only while acting for the company that it's about. It never holds a price or
anything else that policy could hide: its text is stored as written, even if the policy changes later.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, enum_column, now
from models.concept import Concept, always, is_null

TITLE_LENGTH: Final = 200


class NotificationKind(StrEnum):  # X6
    """The subject of a notification."""

    EMAIL_VERIFICATION = "EMAIL_VERIFICATION"
    INVITATION = "INVITATION"
    COMPANY_SUBMITTED = "COMPANY_SUBMITTED"
    COMPANY_VERIFIED = "COMPANY_VERIFIED"
    COMPANY_REJECTED = "COMPANY_REJECTED"
    LISTING_SUBMITTED = "LISTING_SUBMITTED"
    LISTING_COMMENTED = "LISTING_COMMENTED"
    LISTING_APPROVED = "LISTING_APPROVED"
    LISTING_REJECTED = "LISTING_REJECTED"
    LISTING_PUBLISHED = "LISTING_PUBLISHED"
    PRODUCT_REMOVED = "PRODUCT_REMOVED"
    OFFER_REQUESTED = "OFFER_REQUESTED"
    OFFER_SUBMITTED = "OFFER_SUBMITTED"
    OFFER_APPROVED = "OFFER_APPROVED"
    OFFER_REJECTED = "OFFER_REJECTED"
    OFFER_ACCEPTED = "OFFER_ACCEPTED"
    OFFER_EXPIRED = "OFFER_EXPIRED"
    AGREEMENT_CANCELLED = "AGREEMENT_CANCELLED"
    AGREEMENT_ENDED = "AGREEMENT_ENDED"
    CONNECTION_REQUESTED = "CONNECTION_REQUESTED"
    CONNECTION_DECIDED = "CONNECTION_DECIDED"
    PROFILE_INQUIRY = "PROFILE_INQUIRY"
    ORDER_APPROVAL_REQUESTED = "ORDER_APPROVAL_REQUESTED"
    ORDER_APPROVAL_DECIDED = "ORDER_APPROVAL_DECIDED"
    MAINTENANCE = "MAINTENANCE"
    SECURITY = "SECURITY"


class Notification(Owned, Base):
    """One notification to one user, owned by the company that the user is a member of. The subject is the object it's about."""

    __tablename__ = "notification"
    IS_LOGGED = False

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("app_user.id"))
    kind: Mapped[NotificationKind] = mapped_column(enum_column(NotificationKind))
    title: Mapped[str] = mapped_column(sa.String(TITLE_LENGTH))
    body: Mapped[str]  # plain text
    subject_type: Mapped[str | None] = mapped_column(sa.String(32))  # a GraphQL type
    subject_key: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint("(subject_type IS NULL) = (subject_key IS NULL)", name="whole_subject"),
        sa.Index("notification_user_id_page", "user_id", "company_id", "id"),
        sa.Index("notification_unread_page", "user_id", "company_id", "id", postgresql_where=sa.text("read_at IS NULL")),
    )


CONCEPTS: Final = (
    Concept(
        "Notification",
        Notification,
        tag=b"no",
        filters={"unread": is_null("read_at")},
        newest_first=True,
        actions=always("mark_read"),
    ),
)
