"""Change requests: what a seller asks to change about a product, decided by the machine or by the operator (R213-R217, R247-R258)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Identified, Owned, enum_column, now, private
from models.concept import AllowedFrom, Concept, Relation, equals, one_of, page_columns, page_indexes, steps_of
from models.lifecycle import Lifecycle, Staged, Step
from models.product import ProductVisibility, known


class ChangeRequestKind(DescribedEnum):  # R213, R247-R255
    """What a seller requests to change."""

    CREATE = "CREATE", "A new product."
    UPDATE_INFORMATION = "UPDATE_INFORMATION", "Another listing."
    ADD_DIMENSIONS = "ADD_DIMENSIONS", "More units that it's priced in."
    UPDATE_VISIBILITY = "UPDATE_VISIBILITY", "Another visibility, or other test accounts."


class ChangeRequestStatus(DescribedEnum):  # R256, V69
    """The status of a change request."""

    UNDER_REVIEW = "UNDER_REVIEW", "It waits for a decision."
    SUCCEEDED = "SUCCEEDED", "It was approved, and has taken effect."
    FAILED = "FAILED", "It was rejected. The problems name what to change, and it can be submitted again."
    WITHDRAWN = "WITHDRAWN", "The seller took it back."


class ReviewedBy(DescribedEnum):  # V26
    """Who decides a change request."""

    MACHINE = "MACHINE", "An automatic review decides within a minute."
    OPERATOR = "OPERATOR", "A reviewer of the operator decides."


class ReviewCheck(DescribedEnum):  # R309-R311
    """What a reviewer has looked at."""

    CONTENT = "CONTENT", "The listing."
    ARCHITECTURE = "ARCHITECTURE", "The technical architecture of an application."
    SECURITY = "SECURITY", "The security of an application."
    DEMONSTRATION = "DEMONSTRATION", "A demonstration of an application."
    CAPABILITY = "CAPABILITY", "Proof that the seller can deliver a service, such as its customers."


class ControlName(DescribedEnum):  # V27
    """What the machine checks."""

    COMPANY_VERIFIED = "COMPANY_VERIFIED", "The operator has verified the company."
    SELLER_REGISTERED = "SELLER_REGISTERED", "The company is registered as a seller."
    PLATFORM_LINK = "PLATFORM_LINK", "The product supports a service of the platform or a public product."
    CATEGORIES = "CATEGORIES", "A service has a main category."
    DESCRIPTION = "DESCRIPTION", "The listing has a description."
    HIGHLIGHTS = "HIGHLIGHTS", "The listing has highlights."
    KEYWORDS = "KEYWORDS", "The keywords are within their limits."
    CUSTOMER_REFERENCES = "CUSTOMER_REFERENCES", "A service names a customer as a reference."
    SLUG = "SLUG", "No other product has the slug."
    PUBLISHER_RIGHTS = "PUBLISHER_RIGHTS", "The seller can publish to everyone."
    DIMENSIONS = "DIMENSIONS", "The dimensions are complete."


class ControlResult(DescribedEnum):
    """The result of a control."""

    PASS = "PASS", "Nothing to change."  # not a password
    FAIL = "FAIL", "Something has to change first."


class ReviewSide(DescribedEnum):  # R309, R312
    """A side of a review."""

    PUBLISHER = "PUBLISHER", "The seller, or its partner."
    OPERATOR = "OPERATOR", "The operator's reviewers."


CHANGE_REQUEST: Final = Lifecycle(
    {
        "approve": Step({ChangeRequestStatus.UNDER_REVIEW}, ChangeRequestStatus.SUCCEEDED),
        "reject": Step({ChangeRequestStatus.UNDER_REVIEW}, ChangeRequestStatus.FAILED),
        "withdraw": Step({ChangeRequestStatus.UNDER_REVIEW}, ChangeRequestStatus.WITHDRAWN),
        "resubmit": Step({ChangeRequestStatus.FAILED}, ChangeRequestStatus.UNDER_REVIEW),
    }
)
FILTERS: Final = {
    "status": equals("status", "Matches the status."),
    "statuses": one_of("status", "Matches any of these statuses."),
    "kind": equals("kind", "Matches the kind of change."),
    "kinds": one_of("kind", "Matches any of these kinds of changes."),
    "reviewed_by": equals("reviewed_by", "Matches who decides the request."),
    "product_id": equals("product_id", "Matches the product.", "product", id_of="Product"),
}
PAGES: Final = page_columns({}, FILTERS)


class ChangeRequest(Owned, Staged, Base):
    """A request to change a product. `revision_id`, `visibility`, `test_account_ids` or `dimensions` say what changes.

    `submitted_at` is when it came under review the last time. `last_comment_by` and `last_comment_at` say who spoke last since
    then. `publish_by` is until when its revision can be published, if it's approved and waits for that.
    """

    __tablename__ = "change_request"
    LIFECYCLE = CHANGE_REQUEST

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"), index=True)
    revision_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("product_revision.id", ondelete="CASCADE"), index=True)
    kind: Mapped[ChangeRequestKind] = mapped_column(enum_column(ChangeRequestKind))
    status: Mapped[ChangeRequestStatus] = mapped_column(
        enum_column(ChangeRequestStatus), default=ChangeRequestStatus.UNDER_REVIEW
    )
    title: Mapped[str]
    reviewed_by: Mapped[ReviewedBy] = mapped_column(enum_column(ReviewedBy), default=ReviewedBy.MACHINE)
    visibility: Mapped[ProductVisibility | None] = mapped_column(enum_column(ProductVisibility))
    test_account_ids: Mapped[list[UUID]] = mapped_column(default=list)
    dimensions: Mapped[list[dict[str, Any]] | None]
    problems: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    checks: Mapped[list[str]] = mapped_column(default=list)
    submitted_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("app_user.id"))
    decided_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("app_user.id"))
    last_comment_by: Mapped[ReviewSide | None] = mapped_column(enum_column(ReviewSide))
    last_comment_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    submitted_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    publish_by: Mapped[datetime | None]

    __table_args__ = (
        known("checks", ReviewCheck),
        sa.CheckConstraint("(status = 'UNDER_REVIEW') = (decided_at IS NULL)", name="decided"),
        sa.CheckConstraint("(status = 'FAILED') = (problems <> '[]')", name="failed_has_problems"),
        sa.Index(
            "change_request_one_under_review",
            "product_id",
            unique=True,
            postgresql_where=sa.text("status = 'UNDER_REVIEW'"),
        ),
        sa.Index(
            "change_request_for_machine",
            "submitted_at",
            postgresql_where=sa.text("status = 'UNDER_REVIEW' AND reviewed_by = 'MACHINE'"),
        ),
        *page_indexes("change_request", PAGES, ["company_id", "partner_id"]),
        *page_indexes("change_request", PAGES[1:]),
    )


class ReviewComment(Identified, Base):
    """A comment of the publisher or of the operator on a change request under review (V30)."""

    __tablename__ = "review_comment"

    change_request_id: Mapped[UUID] = mapped_column(sa.ForeignKey("change_request.id", ondelete="CASCADE"), index=True)
    by: Mapped[ReviewSide] = mapped_column(enum_column(ReviewSide))
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("app_user.id"))
    text: Mapped[str] = mapped_column(info=private(log=False))
    at: Mapped[datetime] = mapped_column(default=now)


CONCEPTS: Final = (
    Concept(
        "ChangeRequest",
        ChangeRequest,
        tag=b"ch",
        below={"product.change_requests": Relation(("product_id",))},
        filters=FILTERS,
        actions={
            **steps_of(CHANGE_REQUEST, "approve", "reject", "withdraw", "resubmit"),
            "comment": AllowedFrom({ChangeRequestStatus.UNDER_REVIEW}),
        },
        shown_by={"product_id": "product"},
    ),
    Concept("ReviewComment", ReviewComment, part_of="ChangeRequest"),
)
