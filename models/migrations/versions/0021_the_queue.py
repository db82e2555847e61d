"""The operator's queue: companies by verification status, sorted by when a decision is due, and the notification of a submission."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

DUE = "coalesce(verification_due_at, '9999-01-01 00:00:00+00'::timestamptz)"
PAGES = (["verification_due_key", "id"], ["verification_status", "verification_due_key", "id"])
KINDS = (
    "EMAIL_VERIFICATION",
    "INVITATION",
    "COMPANY_VERIFIED",
    "COMPANY_REJECTED",
    "LISTING_APPROVED",
    "LISTING_REJECTED",
    "OFFER_REQUESTED",
    "OFFER_ACCEPTED",
    "CONNECTION_REQUESTED",
    "CONNECTION_DECIDED",
    "PROFILE_INQUIRY",
    "ORDER_APPROVAL_REQUESTED",
    "ORDER_APPROVAL_DECIDED",
    "MAINTENANCE",
    "SECURITY",
)
ADDED = "COMPANY_SUBMITTED"
NOTIFYING = ("notification", "mail")


def upgrade() -> None:
    """Add the sort key, which is never NULL, the indexes of the queue, and the kind of notification."""
    key = sa.Column("verification_due_key", sa.DateTime(timezone=True), sa.Computed(DUE, persisted=True), nullable=False)
    op.add_column("company", key)
    for columns in PAGES:
        op.create_index(f"company_{'_'.join(columns[:-1])}_page", "company", columns)
    _allow((*KINDS, ADDED))


def downgrade() -> None:
    """Drop them. The indexes go with the column."""
    op.drop_column("company", "verification_due_key")
    for table in NOTIFYING:
        op.execute(f"DELETE FROM {table} WHERE kind = '{ADDED}'")
    _allow(KINDS)


def _allow(kinds: tuple[str, ...]) -> None:
    """Replace the check of the kind of notifications and emails."""
    for table in NOTIFYING:
        name = op.f(f"{table}_notificationkind_check")
        op.drop_constraint(name, table)
        op.create_check_constraint(name, table, f"kind IN {kinds}")
