"""Marketplace profiles: how a provider presents itself on the Marketplace. A company has at most one (A1).

Database triggers copy a profile's visibility to its company and the company's ports, because a PRIVATE profile hides even
public ports (R013, A7).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Identified, Owned, Versioned, copied, enum_column, now, private
from models.concept import Concept, always, array_contains, array_overlaps, full_text
from models.kinds import Email, Phone


class ProfileVisibility(DescribedEnum):  # R009-R012, A11
    """Whether a Marketplace profile is public."""

    PRIVATE = "PRIVATE", "Only the company itself, its partner and the operator can see it."
    PUBLIC = "PUBLIC", "Everyone can see it."


class MarketplaceProfile(Owned, Versioned, Base):
    """The profile of a provider. The slug follows the name; old slugs still work (A3)."""

    __tablename__ = "marketplace_profile"

    company_name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    visibility: Mapped[ProfileVisibility] = mapped_column(
        enum_column(ProfileVisibility),
        default=ProfileVisibility.PRIVATE,
        info=copied("profile_visibility", of="company_id", by="profile_visibility"),
    )
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
        # The words, and the forms that misspellings share with them.
        sa.Computed("search_vector(company_name, bio)", persisted=True),
        info=private(read=False, log=False),
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
    """A slug that a profile has or had. Old slugs are stored so that links in emails and portals keep working (A3)."""

    __tablename__ = "profile_slug"

    slug: Mapped[str] = mapped_column(primary_key=True)
    profile_id: Mapped[UUID] = mapped_column(sa.ForeignKey("marketplace_profile.id", ondelete="CASCADE"), index=True)


class ProviderType(Identified, Base):
    """A category of services (R021). It's a table, so the operator can change the list without a release (A5)."""

    __tablename__ = "provider_type"

    code: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]


class ServiceType(Identified, Base):
    """A subcategory of a provider type (R023)."""

    __tablename__ = "service_type"

    code: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    provider_type: Mapped[str] = mapped_column(sa.ForeignKey("provider_type.code"))


CONCEPTS: Final = (
    Concept(
        "MarketplaceProfile",
        MarketplaceProfile,
        tag=b"mp",
        filters={
            "provider_type": array_contains("provider_types", "Matches the code of a provider type."),
            "provider_types": array_overlaps("provider_types", "Matches any of these codes of provider types."),
            "service_type": array_contains("service_types", "Matches the code of a service type."),
            "service_types": array_overlaps("service_types", "Matches any of these codes of service types."),
            "search": full_text("search", "company_name"),
        },
        actions=always("inquire"),
    ),
    Concept("ProviderType", ProviderType),
    Concept("ServiceType", ServiceType),
)
