"""Invitations: a company asks the owner of an email address to become a member (R427, V49). Only the token's hash is stored.

A database trigger sets `invitee_id`, so policy can check it without a join.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from choices import MemberRole
from models.base import Base, Owned, now, private
from models.concept import Concept, Relation, always, until
from models.kinds import PersonalEmail, Secret

LIFETIME: Final = timedelta(days=7)  # V42
RATE_WINDOW: Final = timedelta(hours=1)
MAX_PER_COMPANY: Final = 100  # invitations by a company and by those that it manages, within RATE_WINDOW
MAX_PER_ADDRESS: Final = 5  # emails to one address within RATE_WINDOW; further invitations send nothing
KEPT: Final = timedelta(days=30)  # after the expiry


class Invitation(Owned, Base):
    """An invitation. It's open until `ended_at`, when it was accepted, revoked or replaced by a new one.

    `invitee_id` is the user who has verified that it owns the address, if there is one. No field shows it.
    """

    __tablename__ = "invitation"

    email: Mapped[PersonalEmail] = mapped_column(info=private(log=False))
    roles: Mapped[list[str]]
    invited_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("app_user.id"))
    invitee_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("app_user.id"), info=private(log=False))
    token_hash: Mapped[Secret] = mapped_column(unique=True, info=private(read=False, log=False))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint("cardinality(roles) > 0", name="some_role"),
        sa.CheckConstraint(f"roles <@ ARRAY{list(map(str, MemberRole))}::text[]", name="known_roles"),
        sa.Index("invitation_company_id_page", "company_id", "id"),
        sa.Index("invitation_partner_id_company_id_page", "partner_id", "company_id", "id"),
        sa.Index("invitation_invitee_id_page", "invitee_id", "company_id", "id"),
        sa.Index("invitation_email_ix", sa.text("lower(email)"), "created_at"),
        sa.Index("invitation_expires_at_ix", "expires_at"),
    )


CONCEPTS: Final = (
    Concept(
        "Invitation",
        Invitation,
        tag=b"iv",
        below={"company.invitations": Relation(("company_id",))},
        actions=always("revoke") | until("expires_at", "accept"),
    ),
)
