"""Revisions of products: versions of a listing, which are written, reviewed and published (X2, A35)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Owned, Versioned, enum_column, now
from models.concept import Concept, Relation, equals, in_state, one_of, page_columns, page_indexes, steps_of
from models.lifecycle import Deadline, Lifecycle, Staged, Step, partition
from models.product import (
    MAX_CATEGORIES,
    MAX_HIGHLIGHTS,
    MAX_KEYWORDS,
    Listing,
    PlatformService,
    ProductVisibility,
    ServiceCategory,
    known,
)


class RevisionStatus(DescribedEnum):  # R303-R321, A34, A35
    """The review status of a revision."""

    DRAFT = "DRAFT", "The seller writes it."
    SUBMITTED = "SUBMITTED", "It's under review, and can't be changed."
    APPROVED = "APPROVED", "It was approved, and isn't published yet."
    PUBLISHED = "PUBLISHED", "It's the listing that buyers see."
    REJECTED = "REJECTED", "It was rejected."
    SUPERSEDED = "SUPERSEDED", "A newer one was published."


REVISION: Final = Lifecycle(
    {
        "submit": Step({RevisionStatus.DRAFT}, RevisionStatus.SUBMITTED),
        "withdraw": Step({RevisionStatus.SUBMITTED}, RevisionStatus.DRAFT),
        "approve": Step({RevisionStatus.SUBMITTED}, RevisionStatus.APPROVED),
        "reject": Step({RevisionStatus.SUBMITTED}, RevisionStatus.REJECTED),
        "revise": Step({RevisionStatus.REJECTED}, RevisionStatus.DRAFT),
        "publish": Step({RevisionStatus.APPROVED}, RevisionStatus.PUBLISHED),
        "lapse": Step({RevisionStatus.APPROVED}, RevisionStatus.REJECTED),  # R321
        "supersede": Step({RevisionStatus.APPROVED, RevisionStatus.PUBLISHED}, RevisionStatus.SUPERSEDED),
    },
    deadline=Deadline("lapse", "publish_by"),
)
WRITABLE, LOCKED, REPLACEABLE, REPLACED = partition(
    RevisionStatus,
    {RevisionStatus.DRAFT, RevisionStatus.REJECTED},
    {RevisionStatus.SUBMITTED},
    {RevisionStatus.APPROVED, RevisionStatus.PUBLISHED},
    {RevisionStatus.SUPERSEDED},
)
TIME_TO_PUBLISH: Final = timedelta(days=60)  # after the approval (R321, A33)


FILTERS: Final = {
    "status": in_state(REVISION, "Matches the status."),
    "statuses": one_of("status", "Matches any of these statuses."),
    "product_id": equals("product_id", "Matches the product.", "product", id_of="Product"),
}
PAGES: Final = page_columns({}, FILTERS)


class ProductRevision(Owned, Versioned, Staged, Listing, Base):
    """A version of a product's listing. `visibility` is the product's once the revision is published (V26).

    `slug` is the vanity URL that the seller asks for, if any (A38). `draft_of_id` is the product of which it's the newest revision,
    if it was never published.
    """

    __tablename__ = "product_revision"
    LIFECYCLE = REVISION

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"))
    draft_of_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"), unique=True)
    number: Mapped[int]
    status: Mapped[RevisionStatus] = mapped_column(enum_column(RevisionStatus), default=RevisionStatus.DRAFT)
    visibility: Mapped[ProductVisibility] = mapped_column(enum_column(ProductVisibility), default=ProductVisibility.LIMITED)
    auto_publish: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # R316
    slug: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    submitted_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    publish_by: Mapped[datetime | None]  # R321
    published_at: Mapped[datetime | None]

    __table_args__ = (
        sa.UniqueConstraint("product_id", "number"),
        sa.CheckConstraint("draft_of_id = product_id", name="own_draft"),
        sa.CheckConstraint("visibility IN ('LIMITED', 'PUBLIC')", name="possible_visibility"),
        sa.CheckConstraint(
            f"cardinality(categories) <= {MAX_CATEGORIES} AND cardinality(highlights) <= {MAX_HIGHLIGHTS} "
            f"AND cardinality(keywords) <= {MAX_KEYWORDS}",
            name="lists",
        ),
        known("categories", ServiceCategory),
        known("supports", PlatformService),
        *(
            sa.Index(
                f"product_revision_one_{name}", "product_id", unique=True, postgresql_where=sa.text(f"status IN ({states})")
            )
            for name, states in (("open", "'DRAFT', 'SUBMITTED'"), ("approved", "'APPROVED'"), ("published", "'PUBLISHED'"))
        ),
        *page_indexes("product_revision", PAGES, ["company_id", "partner_id"]),
        *page_indexes("product_revision", PAGES[1:]),
        sa.Index("product_revision_due", "publish_by", postgresql_where=sa.text("status = 'APPROVED'")),
    )


CONCEPTS: Final = (
    Concept(
        "ProductRevision",
        ProductRevision,
        tag=b"rv",
        filters=FILTERS,
        below={"product.revisions": Relation(("product_id",))},
        actions=steps_of(REVISION, "submit") | steps_of(REVISION, "publish", until="publish_by"),
        shown_by={"logo_id": "logo", "related_ids": "related_products", "product_id": "product"},
    ),
)
