"""The lifecycles: the database refuses every change of a status that isn't a step. When the operator decided on a company."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.migrations.lifecycles import FUNCTION, set_steps

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

STEPS = {
    ("agreement", "status"): ("ACTIVE>ENDED", "ACTIVE>CANCELLED"),
    ("change_request", "status"): (
        "UNDER_REVIEW>SUCCEEDED",
        "UNDER_REVIEW>FAILED",
        "UNDER_REVIEW>WITHDRAWN",
        "FAILED>UNDER_REVIEW",
    ),
    ("company", "verification_status"): (
        "UNVERIFIED>PENDING",
        "PENDING>VERIFIED",
        "PENDING>REJECTED",
        "REJECTED>PENDING",
    ),
    ("connection_request", "status"): ("PENDING>ACCEPTED", "PENDING>DENIED", "PENDING>WITHDRAWN"),
    ("offer", "status"): (
        "DRAFT>PENDING_APPROVAL",
        "DRAFT>PUBLISHED",
        "PENDING_APPROVAL>PUBLISHED",
        "PENDING_APPROVAL>REJECTED",
        "PUBLISHED>ACCEPTED",
        "PUBLISHED>EXPIRED",
        "PUBLISHED>WITHDRAWN",
    ),
    ("order_approval", "status"): ("PENDING>APPROVED", "PENDING>REJECTED", "PENDING>WITHDRAWN", "PENDING>EXPIRED"),
    ("port", "status"): (
        "REQUESTED>ALLOCATED",
        "REQUESTED>CANCELLED",
        "ALLOCATED>ACTIVE",
        "ALLOCATED>CANCELLED",
        "ACTIVE>DISABLED",
        "ACTIVE>DECOMMISSIONED",
        "DISABLED>ACTIVE",
        "DISABLED>DECOMMISSIONED",
    ),
    ("product", "visibility"): (
        "LIMITED>PUBLIC",
        "LIMITED>RESTRICTED",
        "LIMITED>REMOVED",
        "PUBLIC>LIMITED",
        "PUBLIC>RESTRICTED",
        "PUBLIC>REMOVED",
        "RESTRICTED>REMOVED",
    ),
    ("product_revision", "status"): (
        "DRAFT>SUBMITTED",
        "SUBMITTED>DRAFT",
        "SUBMITTED>APPROVED",
        "SUBMITTED>REJECTED",
        "APPROVED>PUBLISHED",
        "APPROVED>REJECTED",
        "APPROVED>SUPERSEDED",
        "REJECTED>DRAFT",
        "PUBLISHED>SUPERSEDED",
    ),
}


def upgrade() -> None:
    """Create the column and the function, and a trigger for each table with a lifecycle."""
    op.add_column("company", sa.Column("verification_decided_at", sa.DateTime(timezone=True)))
    op.execute(FUNCTION)
    for (table, column), steps in STEPS.items():
        set_steps(table, column, steps)


def downgrade() -> None:
    """Drop the function, which also drops its triggers, and the column."""
    op.execute("DROP FUNCTION lifecycle() CASCADE")
    op.drop_column("company", "verification_decided_at")
