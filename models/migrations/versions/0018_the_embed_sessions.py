"""Audit events of embed sessions name the user of the embedding portal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the name."""
    op.add_column("audit_event", sa.Column("external_user", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("audit_event", "external_user")
