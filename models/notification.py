"""Notifications: messages shown to a user in the product. Each one has a matching mail (X6).

A notification is visible to one user only, and only while acting for the company that it's about. It never holds a price or
anything else that policy could hide: its text is stored as written, even if the policy changes later.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Owned, enum_column, now
from models.concept import Concept, always, is_null

TITLE_LENGTH: Final = 200


class NotificationKind(DescribedEnum):  # X6
    """The subject of a notification."""

    EMAIL_VERIFICATION = "EMAIL_VERIFICATION", "Confirm your email address."
    INVITATION = "INVITATION", "You were invited to a company."
    COMPANY_SUBMITTED = "COMPANY_SUBMITTED", "A company waits for verification."
    COMPANY_VERIFIED = "COMPANY_VERIFIED", "The operator has verified the company."
    COMPANY_REJECTED = "COMPANY_REJECTED", "The operator has rejected the company's registration."
    LISTING_SUBMITTED = "LISTING_SUBMITTED", "A product waits for review."
    LISTING_COMMENTED = "LISTING_COMMENTED", "The other side of a review has written a comment."
    LISTING_APPROVED = "LISTING_APPROVED", "A listing was approved."
    LISTING_REJECTED = "LISTING_REJECTED", "A listing was rejected."
    LISTING_PUBLISHED = "LISTING_PUBLISHED", "A listing is published."
    PRODUCT_REMOVED = "PRODUCT_REMOVED", "A product was removed."
    OFFER_REQUESTED = "OFFER_REQUESTED", "A company asks for an offer."
    OFFER_SUBMITTED = "OFFER_SUBMITTED", "An offer waits for the operator."
    OFFER_APPROVED = "OFFER_APPROVED", "The operator has approved an offer."
    OFFER_REJECTED = "OFFER_REJECTED", "The operator has rejected an offer."
    OFFER_ACCEPTED = "OFFER_ACCEPTED", "A buyer has accepted an offer."
    OFFER_EXPIRED = "OFFER_EXPIRED", "An offer can't be accepted any more."
    AGREEMENT_CANCELLED = "AGREEMENT_CANCELLED", "The operator has cancelled an agreement."
    AGREEMENT_ENDED = "AGREEMENT_ENDED", "An agreement has ended."
    CONNECTION_REQUESTED = "CONNECTION_REQUESTED", "A company asks to connect to a port."
    CONNECTION_DECIDED = "CONNECTION_DECIDED", "A connection request was answered."
    PROFILE_INQUIRY = "PROFILE_INQUIRY", "A question came through the profile."
    ORDER_APPROVAL_REQUESTED = "ORDER_APPROVAL_REQUESTED", "An order waits for approval."
    ORDER_APPROVAL_DECIDED = "ORDER_APPROVAL_DECIDED", "An order was approved or rejected."
    MAINTENANCE = "MAINTENANCE", "Planned work in a location."
    WEBHOOK_DISABLED = "WEBHOOK_DISABLED", "A webhook endpoint was disabled, because it failed for days."
    SECURITY = "SECURITY", "Something about your account's security, such as a new password."


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
