"""Support for mutations: row versions, the audit log, and idempotent requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

EDITED = ("company", "managed_account", "marketplace_profile", "partner_defaults", "port", "support_details")
STAYS = """
    CREATE FUNCTION audit_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'audit events are never altered';
    END; $$
"""


def upgrade() -> None:
    """Add the versions, then the two tables."""
    for table in EDITED:
        op.add_column(table, sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.create_table(
        "audit_event",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("changes", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("actor_company_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("audit_event_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("audit_event_partner_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_event_pk")),
    )
    op.create_index("audit_event_company_id_page", "audit_event", ["company_id", "id"])
    op.create_index("audit_event_partner_id_page", "audit_event", ["partner_id", "id"])
    op.execute("CREATE TRIGGER owned BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION owned()")
    op.execute(STAYS)
    op.execute(
        "CREATE TRIGGER audit_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_event_stays()"
    )
    op.create_table(
        "idempotent_request",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("done", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "company_id", "key", "place", name=op.f("idempotent_request_pk")),
    )
    op.create_index("idempotent_request_created_at", "idempotent_request", ["created_at"])


def downgrade() -> None:
    """Drop the tables, then the versions."""
    op.drop_table("idempotent_request")
    op.drop_table("audit_event")
    op.execute("DROP FUNCTION audit_event_stays()")
    for table in EDITED:
        op.drop_column(table, "version")
