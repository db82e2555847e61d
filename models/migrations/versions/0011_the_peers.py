"""Inquiries remember the network address that they came from, so that a sender is not known by what it calls itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The address, and an index for those who send the most: visitors by their address, users by their key."""
    op.add_column("inquiry", sa.Column("peer", sa.Text(), nullable=True))
    op.create_index("inquiry_peer_created_at", "inquiry", ["peer", "created_at"], postgresql_where=sa.text("user_id IS NULL"))
    op.create_index("inquiry_user_id_created_at", "inquiry", ["user_id", "created_at"])


def downgrade() -> None:
    """Inquiries without their addresses."""
    op.drop_index("inquiry_user_id_created_at", "inquiry")
    op.drop_index("inquiry_peer_created_at", "inquiry")
    op.drop_column("inquiry", "peer")
