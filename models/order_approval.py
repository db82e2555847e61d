"""Order approvals: orders of managed accounts that need their partner's approval (V13).

Nothing is ordered before the approval. The order keeps the price at which it was requested, and gets its port once approved.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Owned, enum_column, now
from models.concept import Concept, Link, Relation, in_state, in_states, page_columns, page_indexes, steps_of
from models.kinds import Amount
from models.lifecycle import Deadline, Lifecycle, Staged, Step, Wait, WaitingSide
from models.port import SPEEDS_MBPS, TERMS_MONTHS, DiversityZone


class OrderApprovalStatus(DescribedEnum):  # V13
    """The status of an order that needs a partner's approval."""

    PENDING = "PENDING", "The partner hasn't decided yet."
    APPROVED = "APPROVED", "The partner has approved it, and the port is ordered."
    REJECTED = "REJECTED", "The partner has rejected it."
    WITHDRAWN = "WITHDRAWN", "The account took it back."
    EXPIRED = "EXPIRED", "The partner didn't decide in time."


LIFECYCLE: Final = Lifecycle(
    {
        "approve": Step({OrderApprovalStatus.PENDING}, OrderApprovalStatus.APPROVED),
        "reject": Step({OrderApprovalStatus.PENDING}, OrderApprovalStatus.REJECTED),
        "withdraw": Step({OrderApprovalStatus.PENDING}, OrderApprovalStatus.WITHDRAWN),
        "expire": Step({OrderApprovalStatus.PENDING}, OrderApprovalStatus.EXPIRED),
    },
    waits={OrderApprovalStatus.PENDING: Wait(WaitingSide.PARTNER, since=("created_at",), until="expires_at")},
    deadline=Deadline("expire", "expires_at"),
)
MAX_COMMENT_LENGTH: Final = 500  # characters
FILTERS: Final = {
    "status": in_state(LIFECYCLE, "Matches the status of the order."),
    "statuses": in_states(LIFECYCLE, "Matches any of these statuses."),
}


class OrderApproval(Owned, Staged, Base):
    """An order that needs or needed approval. Its port will be PRIVATE, because managed users can't make ports public (V1)."""

    __tablename__ = "order_approval"
    LIFECYCLE = LIFECYCLE

    location_id: Mapped[UUID] = mapped_column(sa.ForeignKey("location.id"))
    name: Mapped[str] = mapped_column(sa.String(64))  # V7
    speed_mbps: Mapped[int]
    term_months: Mapped[int]
    monthly_rate: Mapped[Amount]  # per month
    setup_fee: Mapped[Amount]  # once
    currency: Mapped[str] = mapped_column(sa.String(3))
    cost_centre: Mapped[str | None]
    diversity_zone: Mapped[DiversityZone | None] = mapped_column(enum_column(DiversityZone))
    status: Mapped[OrderApprovalStatus] = mapped_column(enum_column(OrderApprovalStatus), default=OrderApprovalStatus.PENDING)
    requested_by: Mapped[UUID] = mapped_column(sa.ForeignKey("app_user.id"))
    decided_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("app_user.id"))  # who approved, rejected or withdrew it
    comment: Mapped[str | None] = mapped_column(sa.String(MAX_COMMENT_LENGTH))  # by the user who decided
    port_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("port.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]

    __table_args__ = (
        sa.CheckConstraint(f"term_months IN {TERMS_MONTHS}", name="term"),
        sa.CheckConstraint(f"speed_mbps IN {SPEEDS_MBPS}", name="speed"),
        sa.CheckConstraint("monthly_rate >= 0 AND setup_fee >= 0", name="prices"),
        sa.CheckConstraint("(status = 'APPROVED') = (port_id IS NOT NULL)", name="port_once_approved"),
        sa.CheckConstraint("(status = 'PENDING') = (decided_at IS NULL)", name="decided"),
        *page_indexes("order_approval", page_columns({}, FILTERS), ["company_id", "partner_id"]),
        sa.Index("order_approval_status_page", "status", "id"),
        sa.Index("order_approval_due", "expires_at", postgresql_where=sa.text("status = 'PENDING'")),
    )


CONCEPTS: Final = (
    Concept(
        "OrderApproval",
        OrderApproval,
        tag=b"oa",
        links=(Link("owners", "company", local="company_id", remote="id"),),
        below={"dashboard.order_approvals": Relation(("company_id", "partner_id"))},
        filters=FILTERS,
        actions=steps_of(LIFECYCLE, "approve", "reject", "withdraw", until="expires_at"),
    ),
)
