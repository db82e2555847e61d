"""Notifications, the mails that go out, and the queue that sends them."""

from __future__ import annotations

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


def upgrade() -> None:
    """Create the tables, and the trigger that fills in who manages a notification's company."""
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


def downgrade() -> None:
    """Drop everything, with its triggers."""
    op.drop_table("notification")


def _kind() -> sa.Enum:
    return sa.Enum(*KINDS, name="notificationkind", native_enum=False, create_constraint=True, length=32)
