"""Leads: companies and people who are interested in what a company sells, from offer requests and inquiries (V17, V33, V40)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Identified, Owned, Versioned, enum_column, now, private
from models.concept import AllowedFrom, Concept, always, equals, one_of, page_columns, page_indexes
from models.kinds import Email
from models.lifecycle import Lifecycle, Staged, Step, partition


class LeadStatus(DescribedEnum):  # V17
    """How far a lead has come."""

    NEW = "NEW", "Nobody has replied yet."
    CONTACTED = "CONTACTED", "The publisher has replied."
    QUALIFIED = "QUALIFIED", "The customer wants to buy."
    PURCHASED = "PURCHASED", "The customer has bought."
    DELIVERED = "DELIVERED", "The publisher has delivered."
    CLOSED = "CLOSED", "Nothing more will happen."


class LeadSource(DescribedEnum):  # V17
    """Where a lead comes from."""

    OFFER_REQUEST = "OFFER_REQUEST", "A company asked for an offer."
    PROFILE_INQUIRY = "PROFILE_INQUIRY", "A company asked a question through the profile."


STAGES: Final = tuple(LeadStatus)
# Forwards by any number of steps (V40). The steps are named by where they lead.
LIFECYCLE: Final = Lifecycle(
    {status.lower(): Step(set(STAGES[: STAGES.index(status)]), status, "update") for status in STAGES[1:]}
)
OPEN, BOUGHT, ENDED = partition(
    LeadStatus,
    {LeadStatus.NEW, LeadStatus.CONTACTED, LeadStatus.QUALIFIED},  # V33
    {LeadStatus.PURCHASED, LeadStatus.DELIVERED},
    {LeadStatus.CLOSED},
)
FILTERS: Final = {
    "status": equals("status", "Matches the status."),
    "statuses": one_of("status", "Matches any of these statuses."),
    "source": equals("source", "Matches where the lead comes from."),
    "sources": one_of("source", "Matches leads that come from any of these."),
    "product_id": equals("product_id", "Matches the product.", "product", id_of="Product"),
}
PAGES: Final = page_columns({}, FILTERS)
IS_OPEN: Final = " OR ".join(f"status = '{status}'" for status in STAGES if status in OPEN)


class Lead(Owned, Versioned, Staged, Base):
    """A lead of a company. `requester_id` is the company that is interested, if it was signed in. Contact details are unverified."""

    __tablename__ = "lead"
    LIFECYCLE = LIFECYCLE

    source: Mapped[LeadSource] = mapped_column(enum_column(LeadSource))
    status: Mapped[LeadStatus] = mapped_column(enum_column(LeadStatus), default=LeadStatus.NEW)
    product_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"))
    requester_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("company.id"))
    user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("app_user.id"))
    contact_name: Mapped[str | None] = mapped_column(info=private(log=False))
    contact_email: Mapped[Email | None] = mapped_column(info=private(log=False))
    contact_company: Mapped[str | None] = mapped_column(info=private(log=False))
    message: Mapped[str | None] = mapped_column(info=private(log=False))
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.CheckConstraint("(source = 'OFFER_REQUEST') = (product_id IS NOT NULL)", name="requests_name_product"),
        *page_indexes("lead", PAGES, ["company_id", "partner_id"]),
        *page_indexes("lead", PAGES[1:]),
        sa.Index("lead_one_open", "product_id", "requester_id", unique=True, postgresql_where=sa.text(f"{IS_OPEN}")),
        sa.Index("lead_requester", "company_id", "requester_id"),
        sa.Index("lead_user_id_created_at", "user_id", "created_at"),
    )


class LeadNote(Identified, Base):
    """A note on a lead, by a member of its company or partner, or by who asked again."""

    __tablename__ = "lead_note"

    lead_id: Mapped[UUID] = mapped_column(sa.ForeignKey("lead.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("app_user.id"))
    text: Mapped[str] = mapped_column(info=private(log=False))
    at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (sa.Index("lead_note_author_id_at", "author_id", "at"),)


CONCEPTS: Final = (
    Concept(
        "Lead",
        Lead,
        tag=b"le",
        filters=FILTERS,
        newest_first=True,
        actions={"update": AllowedFrom(OPEN | BOUGHT), **always("add_note")},
        shown_by={"company_id": "company", "product_id": "product"},
    ),
    Concept("LeadNote", LeadNote, part_of="Lead"),
)
