"""Memberships: which users belong to which companies, and with which roles (A43)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from choices import MemberRole
from models.base import Base, Owned, now
from models.concept import Concept, Relation, always

STAFF_ROLES: Final = (MemberRole.REVIEWER, MemberRole.SUPPORT)  # only in the operator's company (A43, V49)


class Membership(Owned, Base):
    """A user's membership of a company, with at least one role and no duplicates."""

    __tablename__ = "membership"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("app_user.id"))
    roles: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.UniqueConstraint("user_id", "company_id"),
        sa.CheckConstraint("cardinality(roles) > 0", name="some_role"),
        sa.CheckConstraint(f"roles <@ ARRAY{list(map(str, MemberRole))}::text[]", name="known_roles"),
        sa.Index("membership_company_id_page", "company_id", "id"),
        sa.Index("membership_partner_id_company_id_page", "partner_id", "company_id", "id"),
    )


def administrators(company: UUID) -> sa.Select[Any]:
    """Select the memberships of a company's account administrators."""
    is_admin = Membership.roles.contains([MemberRole.ACCOUNT_ADMIN.value])
    return sa.select(Membership.id).where(Membership.company_id == company, is_admin)


CONCEPTS: Final = (
    Concept(
        "Membership",
        Membership,
        tag=b"me",
        below={"company.members": Relation(("company_id",))},
        actions=always("update", "remove", "switch_to", "view_as", "explain"),
    ),
)
