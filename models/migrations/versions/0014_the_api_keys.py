"""API keys, and the users that they act as, who have no email address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ROLES = "ARRAY['NETWORK_ADMIN', 'MARKETPLACE_EDITOR', 'FINANCE', 'VIEWER', 'REVIEWER', 'SUPPORT']"


def upgrade() -> None:
    """Create the table and its trigger. Users can be without an address."""
    op.alter_column("app_user", "email", nullable=True)
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("company.id", name="api_key_company_id_fk"), nullable=False),
        sa.Column("partner_id", sa.Uuid(), sa.ForeignKey("company.id", name="api_key_partner_id_fk")),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("app_user.id", name="api_key_user_id_fk"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("origins", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("prefix", name="api_key_prefix_key"),
        sa.UniqueConstraint("user_id", name="api_key_user_id_key"),
        sa.CheckConstraint("cardinality(roles) > 0", name="some_role"),
        sa.CheckConstraint(f"roles <@ {ROLES}::text[]", name="known_roles"),
    )
    op.create_index("api_key_company_id_page", "api_key", ["company_id", "id"])
    op.execute("CREATE TRIGGER owned BEFORE INSERT ON api_key FOR EACH ROW EXECUTE FUNCTION owned()")


def downgrade() -> None:
    """Drop the table and its users. Fails if such a user has done something that others refer to."""
    op.drop_table("api_key")
    op.execute("DELETE FROM app_user WHERE email IS NULL")
    op.alter_column("app_user", "email", nullable=False)
