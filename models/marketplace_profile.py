"""Marketplace profiles: how a provider shows itself on the Marketplace. A company has one at most (A1).

The visibility of a profile is copied to its company and to the company's ports by triggers of the database, because a PRIVATE
profile hides even public ports (R013, A7).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, Owned, Versioned, enum_column, now
from models.kinds import Email, Phone


class ProfileVisibility(StrEnum):
    """PRIVATE while it is edited or until it is finished, PUBLIC to be seen (R009-R012, A11)."""

    PRIVATE = "PRIVATE"
    PUBLIC = "PUBLIC"


class MarketplaceProfile(Owned, Versioned, Base):
    """The profile of a provider. The slug follows the name; old slugs still find it (A3)."""

    __tablename__ = "marketplace_profile"

    company_name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    visibility: Mapped[ProfileVisibility] = mapped_column(enum_column(ProfileVisibility), default=ProfileVisibility.PRIVATE)
    logo_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("image.id"), index=True)
    bio: Mapped[str | None]
    contact_email: Mapped[Email]
    website: Mapped[str | None]
    phone: Mapped[Phone | None]
    provider_types: Mapped[list[str]] = mapped_column(default=list)
    service_types: Mapped[list[str]] = mapped_column(default=list)
    social_links: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    headquarters: Mapped[dict[str, Any] | None]
    search: Mapped[str] = mapped_column(
        postgresql.TSVECTOR(),
        sa.Computed(
            "search_vector(company_name, bio)", persisted=True
        ),  # words, and what misspellings have in common with them
    )
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.UniqueConstraint("company_id"),
        sa.CheckConstraint("visibility = 'PRIVATE' OR cardinality(provider_types) > 0", name="public_has_provider_type"),
        sa.Index("marketplace_profile_partner_id_page", "partner_id", "id"),
        sa.Index("marketplace_profile_public_page", "id", postgresql_where=sa.text("visibility = 'PUBLIC'")),
        sa.Index("marketplace_profile_search", "search", postgresql_using="gin"),
        sa.Index("marketplace_profile_provider_types", "provider_types", postgresql_using="gin"),
        sa.Index("marketplace_profile_service_types", "service_types", postgresql_using="gin"),
    )


class ProfileSlug(Base):
    """A slug that a profile has had, so that links in mails and portals do not break (A3)."""

    __tablename__ = "profile_slug"

    slug: Mapped[str] = mapped_column(primary_key=True)
    profile_id: Mapped[UUID] = mapped_column(sa.ForeignKey("marketplace_profile.id", ondelete="CASCADE"), index=True)


class ProviderType(Identified, Base):
    """A category of services (R021). A table, so that the operator can change the list without a release (A5)."""

    __tablename__ = "provider_type"

    code: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]


class ServiceType(Identified, Base):
    """A sub-category of one provider type (R023)."""

    __tablename__ = "service_type"

    code: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    provider_type: Mapped[str] = mapped_column(sa.ForeignKey("provider_type.code"))
