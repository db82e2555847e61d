"""Exports: files that the worker writes page by page, in parts. Inserting an export queues its job.

A part is compressed already, so PostgreSQL doesn't try to compress it again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.migrations.lifecycles import set_steps

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

FORMATS = ("JSON_LINES", "CSV")
STATUSES = ("QUEUED", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "EXPIRED")
STEPS = (
    "QUEUED>RUNNING",
    "RUNNING>COMPLETED",
    "QUEUED>FAILED",
    "RUNNING>FAILED",
    "QUEUED>CANCELLED",
    "RUNNING>CANCELLED",
    "COMPLETED>EXPIRED",
)
DEFERRED = """
    BEGIN
        PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW(
            'exports', 'write_export', 0, NULL, NULL, jsonb_build_object('export_id', NEW.id), NULL
        )::procrastinate_job_to_defer_v1]);
        RETURN NULL;
    END"""


def upgrade() -> None:
    """Create the tables and the triggers."""
    _exports()
    op.create_table(
        "export_part",
        sa.Column(
            "export_id",
            sa.Uuid(),
            sa.ForeignKey("export.id", name="export_part_export_id_fk", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("start", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.execute("ALTER TABLE export_part ALTER COLUMN content SET STORAGE EXTERNAL")
    op.execute("CREATE TRIGGER owned BEFORE INSERT ON export FOR EACH ROW EXECUTE FUNCTION owned()")
    set_steps("export", "status", STEPS)
    op.execute(
        "CREATE FUNCTION export_deferred() RETURNS trigger LANGUAGE plpgsql SET search_path = procrastinate, pg_temp"
        f" AS $${DEFERRED};$$"
    )
    op.execute(
        "CREATE TRIGGER export_deferred AFTER INSERT ON export FOR EACH ROW WHEN (NEW.status = 'QUEUED')"
        " EXECUTE FUNCTION export_deferred()"
    )


def downgrade() -> None:
    """Drop them. Jobs that are queued are deleted."""
    op.drop_table("export_part")
    op.drop_table("export")
    op.execute("DROP FUNCTION export_deferred()")
    op.execute("SET LOCAL search_path TO procrastinate")  # a trigger of the jobs needs it
    op.execute("DELETE FROM procrastinate_jobs WHERE queue_name = 'exports'")
    op.execute("SET LOCAL search_path TO DEFAULT")


def _exports() -> None:
    op.create_table(
        "export",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("company.id", name="export_company_id_fk"), nullable=False),
        sa.Column("partner_id", sa.Uuid(), sa.ForeignKey("company.id", name="export_partner_id_fk")),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("app_user.id", name="export_user_id_fk"), nullable=False),
        sa.Column(
            "membership_id", sa.Uuid(), sa.ForeignKey("membership.id", name="export_membership_id_fk", ondelete="CASCADE")
        ),
        sa.Column("api_key_id", sa.Uuid(), sa.ForeignKey("api_key.id", name="export_api_key_id_fk")),
        sa.Column("connection", sa.String(64), nullable=False),
        sa.Column("format", sa.String(32), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("operation_name", sa.Text()),
        sa.Column("variables", postgresql.JSONB(), nullable=False),
        sa.Column("page_size", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("byte_size", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(64)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(f"format IN {FORMATS}", name="exportformat"),
        sa.CheckConstraint(f"status IN {STATUSES}", name="exportstatus"),
        sa.CheckConstraint("(membership_id IS NULL) <> (api_key_id IS NULL)", name="one_asker"),
        sa.CheckConstraint("(status = 'FAILED') = (error_code IS NOT NULL)", name="failed_has_error_code"),
        sa.CheckConstraint(
            "(status IN ('COMPLETED', 'EXPIRED')) = (completed_at IS NOT NULL AND expires_at IS NOT NULL)", name="completed"
        ),
    )
    op.create_index("export_user_id_page", "export", ["user_id", "company_id", "id"])
    op.create_index("export_api_key_id_page", "export", ["api_key_id", "id"])
    op.create_index("export_membership_id_ix", "export", ["membership_id"])
    unfinished, due = sa.text("status IN ('QUEUED', 'RUNNING')"), sa.text("status = 'COMPLETED'")
    op.create_index("export_unfinished", "export", ["company_id"], postgresql_where=unfinished)
    op.create_index("export_due", "export", ["expires_at"], postgresql_where=due)
    op.create_index("export_created_at_ix", "export", ["created_at"])
