"""Users created by someone else are unclaimed. Several can have the same address until its owner claims one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INDEX = "app_user_email_key"
ADDRESS = [sa.text("lower(email)")]


def upgrade() -> None:
    """Mark all existing users as claimed. Only claimed addresses are unique."""
    op.add_column("app_user", sa.Column("claimed", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.drop_index(INDEX, "app_user")
    op.create_index(INDEX, "app_user", ADDRESS, unique=True, postgresql_where=sa.text("claimed"))
    op.create_index("app_user_unclaimed_email", "app_user", ADDRESS, postgresql_where=sa.text("NOT claimed"))


def downgrade() -> None:
    """Make addresses unique among all users again. Fails if several users share one."""
    op.drop_index("app_user_unclaimed_email", "app_user")
    op.drop_index(INDEX, "app_user")
    op.create_index(INDEX, "app_user", ADDRESS, unique=True)
    op.drop_column("app_user", "claimed")
