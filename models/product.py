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

from models.base import Base, Owned, copied, enum_column, now, private
from models.concept import Concept, Link, Relation, array_contains, equals, page_indexes
from models.lifecycle import Lifecycle, Staged, Step


class ProductKind(StrEnum):  # R305
    """The kind of a product."""

    APPLICATION = "APPLICATION"
    SERVICE = "SERVICE"


class ProductVisibility(StrEnum):  # R253-R264
    """Who can see a product: its seller and invited companies, everyone, or existing users."""

    LIMITED = "LIMITED"
    PUBLIC = "PUBLIC"
    RESTRICTED = "RESTRICTED"
    REMOVED = "REMOVED"


class ServiceCategory(StrEnum):  # R211
    """A main category of professional services."""

    ASSESSMENTS = "ASSESSMENTS"
    IMPLEMENTATION = "IMPLEMENTATION"
    MANAGED_SERVICES = "MANAGED_SERVICES"
    PREMIUM_SUPPORT = "PREMIUM_SUPPORT"
    TRAINING = "TRAINING"


class RevisionStatus(StrEnum):  # R303-R321, A34, A35
    """The review status of a revision."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    PUBLISHED = "PUBLISHED"
    REJECTED = "REJECTED"
    SUPERSEDED = "SUPERSEDED"


class ChangeRequestKind(StrEnum):  # R213, R247-R255
    """What a seller requests to change."""

    CREATE = "CREATE"
    UPDATE_INFORMATION = "UPDATE_INFORMATION"
    ADD_DIMENSIONS = "ADD_DIMENSIONS"
    UPDATE_VISIBILITY = "UPDATE_VISIBILITY"


class ChangeRequestStatus(StrEnum):  # R256
    """The status of a change request."""

    UNDER_REVIEW = "UNDER_REVIEW"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


LIMITED: Final = sa.text("product_visibility = 'LIMITED'")  # products that test accounts can see (A32)
VISIBILITY: Final = Lifecycle(
    {
        "publish": Step({ProductVisibility.LIMITED}, ProductVisibility.PUBLIC),
        "limit": Step({ProductVisibility.PUBLIC}, ProductVisibility.LIMITED),
        "restrict": Step({ProductVisibility.LIMITED, ProductVisibility.PUBLIC}, ProductVisibility.RESTRICTED),
        "remove": Step(set(ProductVisibility) - {ProductVisibility.REMOVED}, ProductVisibility.REMOVED),
    },
    column="visibility",
)
REVISION: Final = Lifecycle(
    {
        "submit": Step({RevisionStatus.DRAFT}, RevisionStatus.SUBMITTED),
        "withdraw": Step({RevisionStatus.SUBMITTED}, RevisionStatus.DRAFT),
        "approve": Step({RevisionStatus.SUBMITTED}, RevisionStatus.APPROVED),
        "reject": Step({RevisionStatus.SUBMITTED, RevisionStatus.APPROVED}, RevisionStatus.REJECTED),
        "revise": Step({RevisionStatus.REJECTED}, RevisionStatus.DRAFT),
        "publish": Step({RevisionStatus.APPROVED}, RevisionStatus.PUBLISHED),
        "supersede": Step({RevisionStatus.PUBLISHED}, RevisionStatus.SUPERSEDED),
    }
)
CHANGE_REQUEST: Final = Lifecycle(
    {
        "succeed": Step({ChangeRequestStatus.UNDER_REVIEW}, ChangeRequestStatus.SUCCEEDED),
        "fail": Step({ChangeRequestStatus.UNDER_REVIEW}, ChangeRequestStatus.FAILED),
        "resubmit": Step({ChangeRequestStatus.FAILED}, ChangeRequestStatus.UNDER_REVIEW),
    }
)


class Product(Owned, Staged, Base):
    """A product, owned by its seller."""

    __tablename__ = "product"
    LIFECYCLE = VISIBILITY

    title: Mapped[str]
    kind: Mapped[ProductKind] = mapped_column(enum_column(ProductKind))
    visibility: Mapped[ProductVisibility] = mapped_column(enum_column(ProductVisibility), default=ProductVisibility.LIMITED)
    categories: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.CheckConstraint("cardinality(categories) BETWEEN 1 AND 3", name="categories"),  # R211, V7
        sa.CheckConstraint(f"categories <@ ARRAY{list(map(str, ServiceCategory))}::text[]", name="known_categories"),
        sa.Index("product_company_id_page", "company_id", "id"),
        sa.Index("product_partner_id_page", "partner_id", "id"),
        sa.Index("product_partner_id_company_id_page", "partner_id", "company_id", "id"),
        sa.Index("product_public_page", "id", postgresql_where=sa.text("visibility = 'PUBLIC'")),
        sa.Index("product_public_company_id_page", "company_id", "id", postgresql_where=sa.text("visibility = 'PUBLIC'")),
        sa.Index("product_public_kind_page", "kind", "id", postgresql_where=sa.text("visibility = 'PUBLIC'")),
        *page_indexes("product", (("kind", "id"), ("visibility", "id")), ["company_id", "partner_id"]),
        sa.Index("product_kind_page", "kind", "id"),
        sa.Index("product_visibility_page", "visibility", "id"),
        sa.Index("product_categories", "categories", postgresql_using="gin"),
    )


class ProductTestAccount(Base):
    """A company that can see a LIMITED product (R254, A32). The database copies the seller and visibility from the product."""

    __tablename__ = "product_test_account"

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("company.id"), info=copied("company_id", of="product_id", by="test_account_seller")
    )
    product_visibility: Mapped[ProductVisibility] = mapped_column(enum_column(ProductVisibility))

    __table_args__ = (
        sa.Index("product_test_account_company_id_page", "company_id", "product_id"),
        sa.Index("product_test_account_seller_id_page", "company_id", "seller_id", "product_id"),
        sa.Index("product_test_account_limited_page", "company_id", "seller_id", postgresql_where=LIMITED),
    )


class ProductRevision(Owned, Staged, Base):
    """A version of a product's listing: published, or to be published after review (X2, A35)."""

    __tablename__ = "product_revision"
    LIFECYCLE = REVISION

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"))
    number: Mapped[int]
    status: Mapped[RevisionStatus] = mapped_column(enum_column(RevisionStatus), default=RevisionStatus.DRAFT)
    title: Mapped[str]
    categories: Mapped[list[str]]
    content: Mapped[dict[str, Any]] = mapped_column(info=private(log=False))  # descriptions, highlights, keywords (V7)
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


class ProductDimension(Owned, Base):
    """A unit in which a product is priced. Dimensions can be added but never removed (R250)."""

    __tablename__ = "product_dimension"

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"))
    name: Mapped[str]
    description: Mapped[str | None]
    unit: Mapped[str]

    __table_args__ = (sa.UniqueConstraint("product_id", "name"),)


class ChangeRequest(Owned, Staged, Base):
    """A seller's request to create or change a product, reviewed by the operator (R215, R256)."""

    __tablename__ = "change_request"
    LIFECYCLE = CHANGE_REQUEST

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"), index=True)
    kind: Mapped[ChangeRequestKind] = mapped_column(enum_column(ChangeRequestKind))
    status: Mapped[ChangeRequestStatus] = mapped_column(
        enum_column(ChangeRequestStatus), default=ChangeRequestStatus.UNDER_REVIEW
    )
    title: Mapped[str]
    problems: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)


CONCEPTS: Final = (
    Concept(
        "Product",
        Product,
        tag=b"pr",
        links=(
            Link("dealings", "dealing", "id", "product_id"),
            Link("test_accounts", "product_test_account", "id", "product_id"),
        ),
        below={"company.products": Relation(("company_id",))},
        filters={
            "kind": equals("kind", "Matches the kind of product."),
            "visibility": equals("visibility", "Matches the visibility."),
            "category": array_contains("categories", "Matches products in this category.", ServiceCategory),
        },
    ),
)
