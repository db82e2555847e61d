"""Products: sellers' reviewed listings of applications and services (X2), with their revisions and dimensions.

A product shows its published revision, which is copied into the product on publication, so that reads need no join.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, enum_column, now, ordered_indexes
from models.lifecycle import step


class ProductKind(StrEnum):
    """What a product is (R305)."""

    APPLICATION = "APPLICATION"
    SERVICE = "SERVICE"


class ProductVisibility(StrEnum):
    """Who can find a product: its seller and test accounts, everyone, or only its existing buyers (R253-R264)."""

    LIMITED = "LIMITED"
    PUBLIC = "PUBLIC"
    RESTRICTED = "RESTRICTED"
    REMOVED = "REMOVED"


class ServiceCategory(StrEnum):
    """The main categories of professional services (R211)."""

    ASSESSMENTS = "ASSESSMENTS"
    IMPLEMENTATION = "IMPLEMENTATION"
    MANAGED_SERVICES = "MANAGED_SERVICES"
    PREMIUM_SUPPORT = "PREMIUM_SUPPORT"
    TRAINING = "TRAINING"


class RevisionStatus(StrEnum):
    """The review status of a revision (R303-R321, A34, A35)."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    PUBLISHED = "PUBLISHED"
    REJECTED = "REJECTED"
    SUPERSEDED = "SUPERSEDED"


class ChangeRequestKind(StrEnum):
    """What a seller requests to change (R213, R247-R255)."""

    CREATE = "CREATE"
    UPDATE_INFORMATION = "UPDATE_INFORMATION"
    ADD_DIMENSIONS = "ADD_DIMENSIONS"
    UPDATE_VISIBILITY = "UPDATE_VISIBILITY"


class ChangeRequestStatus(StrEnum):
    """The status of a change request (R256)."""

    UNDER_REVIEW = "UNDER_REVIEW"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


LIMITED: Final = sa.text("product_visibility = 'LIMITED'")  # products that test accounts can see (A32)
VISIBILITY_STEPS: Final = {
    ProductVisibility.LIMITED: {ProductVisibility.PUBLIC, ProductVisibility.RESTRICTED, ProductVisibility.REMOVED},
    ProductVisibility.PUBLIC: {ProductVisibility.LIMITED, ProductVisibility.RESTRICTED, ProductVisibility.REMOVED},
    ProductVisibility.RESTRICTED: {ProductVisibility.REMOVED},
}
REVISION_STEPS: Final = {
    RevisionStatus.DRAFT: {RevisionStatus.SUBMITTED},
    RevisionStatus.SUBMITTED: {RevisionStatus.APPROVED, RevisionStatus.REJECTED, RevisionStatus.DRAFT},
    RevisionStatus.APPROVED: {RevisionStatus.PUBLISHED, RevisionStatus.REJECTED},
    RevisionStatus.PUBLISHED: {RevisionStatus.SUPERSEDED},
    RevisionStatus.REJECTED: {RevisionStatus.DRAFT},
}
CHANGE_REQUEST_STEPS: Final = {
    ChangeRequestStatus.UNDER_REVIEW: {ChangeRequestStatus.SUCCEEDED, ChangeRequestStatus.FAILED},
    ChangeRequestStatus.FAILED: {ChangeRequestStatus.UNDER_REVIEW},
}


class Product(Owned, Base):
    """A product, owned by its seller."""

    __tablename__ = "product"

    title: Mapped[str]
    kind: Mapped[ProductKind] = mapped_column(enum_column(ProductKind))
    visibility: Mapped[ProductVisibility] = mapped_column(enum_column(ProductVisibility), default=ProductVisibility.LIMITED)
    categories: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.CheckConstraint("cardinality(categories) BETWEEN 1 AND 3", name="categories"),  # R211, V7
        sa.CheckConstraint(
            "categories <@ ARRAY['ASSESSMENTS', 'IMPLEMENTATION', 'MANAGED_SERVICES', 'PREMIUM_SUPPORT', 'TRAINING']::text[]",
            name="known_categories",
        ),
        sa.Index("product_company_id_page", "company_id", "id"),
        sa.Index("product_partner_id_page", "partner_id", "id"),
        sa.Index("product_partner_id_company_id_page", "partner_id", "company_id", "id"),
        sa.Index("product_public_page", "id", postgresql_where=sa.text("visibility = 'PUBLIC'")),
        sa.Index("product_public_company_id_page", "company_id", "id", postgresql_where=sa.text("visibility = 'PUBLIC'")),
        sa.Index("product_public_kind_page", "kind", "id", postgresql_where=sa.text("visibility = 'PUBLIC'")),
        *ordered_indexes("product", (("kind", "id"), ("visibility", "id")), ["company_id", "partner_id"]),
        sa.Index("product_kind_page", "kind", "id"),
        sa.Index("product_visibility_page", "visibility", "id"),
        sa.Index("product_categories", "categories", postgresql_using="gin"),
    )

    def show_as(self, to: ProductVisibility) -> None:
        """Change who can find the product (R253-R264). Raises IllegalStep."""
        self.visibility = step(VISIBILITY_STEPS, self.visibility, to)


class ProductTestAccount(Base):
    """A company that can see a LIMITED product (R254, A32). The database copies the seller and visibility from the product."""

    __tablename__ = "product_test_account"

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    product_visibility: Mapped[ProductVisibility] = mapped_column(enum_column(ProductVisibility))

    __table_args__ = (
        sa.Index("product_test_account_company_id_page", "company_id", "product_id"),
        sa.Index("product_test_account_seller_id_page", "company_id", "seller_id", "product_id"),
        sa.Index("product_test_account_limited_page", "company_id", "seller_id", postgresql_where=LIMITED),
    )


class ProductRevision(Owned, Base):
    """A version of a product's listing: published, or to be published after review (X2, A35)."""

    __tablename__ = "product_revision"

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"))
    number: Mapped[int]
    status: Mapped[RevisionStatus] = mapped_column(enum_column(RevisionStatus), default=RevisionStatus.DRAFT)
    title: Mapped[str]
    categories: Mapped[list[str]]
    content: Mapped[dict[str, Any]]  # descriptions, highlights, keywords (V7)
    submitted_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]

    __table_args__ = (
        sa.UniqueConstraint("product_id", "number"),
        sa.Index(
            "product_revision_one_published",
            "product_id",
            unique=True,
            postgresql_where=sa.text("status = 'PUBLISHED'"),
        ),
    )

    def advance(self, to: RevisionStatus) -> None:
        """Move to another status of the review. Raises IllegalStep."""
        self.status = step(REVISION_STEPS, self.status, to)


class ProductDimension(Owned, Base):
    """A unit in which a product is priced. Dimensions can be added but never removed (R250)."""

    __tablename__ = "product_dimension"

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"))
    name: Mapped[str]
    description: Mapped[str | None]
    unit: Mapped[str]

    __table_args__ = (sa.UniqueConstraint("product_id", "name"),)


class ChangeRequest(Owned, Base):
    """A seller's request to create or change a product, reviewed by the operator (R215, R256)."""

    __tablename__ = "change_request"

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"), index=True)
    kind: Mapped[ChangeRequestKind] = mapped_column(enum_column(ChangeRequestKind))
    status: Mapped[ChangeRequestStatus] = mapped_column(
        enum_column(ChangeRequestStatus), default=ChangeRequestStatus.UNDER_REVIEW
    )
    title: Mapped[str]
    problems: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)

    def advance(self, to: ChangeRequestStatus) -> None:
        """Move to another status of the review (R256). Raises IllegalStep."""
        self.status = step(CHANGE_REQUEST_STEPS, self.status, to)
