"""Notifications, the outbox, and the job queue that sends emails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KINDS = (
    "EMAIL_VERIFICATION",
    "INVITATION",
    "COMPANY_VERIFIED",
    "COMPANY_REJECTED",
    "LISTING_APPROVED",
    "LISTING_REJECTED",
    "OFFER_REQUESTED",
    "OFFER_ACCEPTED",
    "CONNECTION_REQUESTED",
    "CONNECTION_DECIDED",
    "PROFILE_INQUIRY",
    "ORDER_APPROVAL_REQUESTED",
    "ORDER_APPROVAL_DECIDED",
    "MAINTENANCE",
    "SECURITY",
)
QUEUE = Path(__file__).parents[1] / "procrastinate_3_10.sql"

# Queues a job for each email, in the transaction that inserts the email.
DEFERRED = """
    BEGIN
        PERFORM procrastinate_defer_jobs_v1(array_agg(
            ROW('mails', 'send_mail', 0, NULL, NULL, jsonb_build_object('mail_id', id), NULL)::procrastinate_job_to_defer_v1
            ORDER BY id
        )) FROM added;
        RETURN NULL;
    END"""


def upgrade() -> None:
    """Create the tables, the queue in its own schema, and the triggers."""
    _notifications()
    _mails()
    op.execute("CREATE SCHEMA procrastinate")
    op.execute("SET LOCAL search_path TO procrastinate")
    _run_script(QUEUE.read_text("utf-8"))
    op.execute("SET LOCAL search_path TO DEFAULT")
    op.execute(
        "CREATE FUNCTION mails_deferred() RETURNS trigger LANGUAGE plpgsql SET search_path = procrastinate, pg_temp"
        f" AS $${DEFERRED};$$"
    )
    op.execute(
        "CREATE TRIGGER mails_deferred AFTER INSERT ON mail REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION mails_deferred()"
    )


def downgrade() -> None:
    """Drop everything, including the triggers."""
    op.drop_table("mail")
    op.execute("DROP FUNCTION mails_deferred()")
    op.execute("DROP SCHEMA procrastinate CASCADE")
    op.drop_table("notification")


def _run_script(text: str) -> None:
    """Run several statements at once in the same transaction, which only the driver itself supports."""
    adapted: Any = op.get_bind().connection.dbapi_connection
    adapted.run_async(lambda driver: driver.execute(text))


def _mails() -> None:
    status = sa.Enum(
        "WAITING", "SENT", "KEPT", "FAILED", name="mailstatus", native_enum=False, create_constraint=True, length=32
    )
    op.create_table(
        "mail",
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("kind", _kind(), nullable=False),
        sa.Column("status", status, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("subject !~ '[[:cntrl:]]'", name=op.f("mail_one_line_check")),
        sa.CheckConstraint("(status = 'SENT') = (sent_at IS NOT NULL)", name=op.f("mail_sent_when_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("mail_pk")),
    )
    op.create_index("mail_sent_at_ix", "mail", ["sent_at"])


def _notifications() -> None:
    op.create_table(
        "notification",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _kind(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.String(length=32), nullable=True),
        sa.Column("subject_key", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(subject_type IS NULL) = (subject_key IS NULL)", name=op.f("notification_whole_subject_check")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("notification_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("notification_partner_id_fk")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("notification_user_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("notification_pk")),
    )
    page = ["user_id", "company_id", "id"]
    op.create_index("notification_user_id_page", "notification", page)
    op.create_index("notification_unread_page", "notification", page, postgresql_where=sa.text("read_at IS NULL"))
    op.execute("CREATE TRIGGER owned BEFORE INSERT ON notification FOR EACH ROW EXECUTE FUNCTION owned()")


def _kind() -> sa.Enum:
    return sa.Enum(*KINDS, name="notificationkind", native_enum=False, create_constraint=True, length=32)
