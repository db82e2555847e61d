"""Inquiries store the sender's network address, because a sender's name and email address are unverified."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the address and the indexes that count a sender's inquiries: visitors by address, users by key."""
    op.add_column("inquiry", sa.Column("peer", sa.Text(), nullable=True))
    op.create_index("inquiry_peer_created_at", "inquiry", ["peer", "created_at"], postgresql_where=sa.text("user_id IS NULL"))
    op.create_index("inquiry_user_id_created_at", "inquiry", ["user_id", "created_at"])


def downgrade() -> None:
    """Drop the addresses and the indexes."""
    op.drop_index("inquiry_user_id_created_at", "inquiry")
    op.drop_index("inquiry_peer_created_at", "inquiry")
    op.drop_column("inquiry", "peer")
