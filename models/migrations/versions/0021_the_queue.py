"""The operator's queue: companies by verification status, sorted by when the operator's decision is due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

DUE = "coalesce(verification_due_at, '9999-01-01 00:00:00+00'::timestamptz)"
PAGES = (["verification_due_key", "id"], ["verification_status", "verification_due_key", "id"])


def upgrade() -> None:
    """Add the sort key, which is never NULL, and the indexes of the queue."""
    key = sa.Column("verification_due_key", sa.DateTime(timezone=True), sa.Computed(DUE, persisted=True), nullable=False)
    op.add_column("company", key)
    for columns in PAGES:
        op.create_index(f"company_{'_'.join(columns[:-1])}_page", "company", columns)


def downgrade() -> None:
    """Drop them. The indexes go with the column."""
    op.drop_column("company", "verification_due_key")
