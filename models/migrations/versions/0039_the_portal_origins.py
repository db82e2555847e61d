"""Portal origins of companies. The gateways learn of each change, and close the connections of embed sessions whose origin is removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

CHANGED = """
    BEGIN
        PERFORM pg_notify(
            'crossgate', jsonb_build_object('type', 'PortalOrigin', 'id', coalesce(NEW.id, OLD.id), 'changed', null)::text
        );
        RETURN NULL;
    END"""


def upgrade() -> None:
    """Create the table and its triggers."""
    op.create_table(
        "portal_origin",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("company.id", name="portal_origin_company_id_fk"), nullable=False),
        sa.Column("partner_id", sa.Uuid(), sa.ForeignKey("company.id", name="portal_origin_partner_id_fk")),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True)),
        sa.Column("verified_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("company_id", "origin", name="portal_origin_company_id_origin_key"),
    )
    op.execute("CREATE TRIGGER owned BEFORE INSERT ON portal_origin FOR EACH ROW EXECUTE FUNCTION owned()")
    op.execute(f"CREATE FUNCTION portal_origin_changed() RETURNS trigger LANGUAGE plpgsql AS $${CHANGED};$$")
    op.execute(
        "CREATE TRIGGER portal_origin_changed AFTER INSERT OR UPDATE OR DELETE ON portal_origin FOR EACH ROW"
        " EXECUTE FUNCTION portal_origin_changed()"
    )
    op.execute("CREATE TRIGGER credential_ended AFTER DELETE ON portal_origin FOR EACH ROW EXECUTE FUNCTION credential_ended()")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("portal_origin")
    op.execute("DROP FUNCTION portal_origin_changed()")
