"""Inquiries, and the reason for denying a connection."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, then the column."""
    op.create_table(
        "inquiry",
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("sender_email", sa.Text(), nullable=False),
        sa.Column("sender_company", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["marketplace_profile.id"], name=op.f("inquiry_profile_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("inquiry_user_id_fk")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("inquiry_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("inquiry_partner_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("inquiry_pk")),
    )
    op.create_index("inquiry_company_id_page", "inquiry", ["company_id", "id"])
    op.create_index("inquiry_partner_id_page", "inquiry", ["partner_id", "id"])
    op.create_index("inquiry_profile_id_created_at", "inquiry", ["profile_id", "created_at"])
    op.execute("CREATE TRIGGER owned BEFORE INSERT ON inquiry FOR EACH ROW EXECUTE FUNCTION owned()")
    op.add_column("connection_request", sa.Column("reason", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop the column, then the table."""
    op.drop_column("connection_request", "reason")
    op.drop_table("inquiry")
