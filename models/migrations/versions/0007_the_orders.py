"""Orders that need approval."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, its indexes and its trigger."""
    _order_approval()
    for columns in (["company_id", "id"], ["company_id", "status", "id"], ["partner_id", "id"], ["partner_id", "status", "id"]):
        op.create_index(f"order_approval_{'_'.join(columns)}_page", "order_approval", columns)
    op.create_index("order_approval_status_page", "order_approval", ["status", "id"])
    op.create_index("order_approval_due", "order_approval", ["expires_at"], postgresql_where=sa.text("status = 'PENDING'"))
    op.execute("CREATE TRIGGER owned BEFORE INSERT ON order_approval FOR EACH ROW EXECUTE FUNCTION owned()")


def downgrade() -> None:
    """Drop the table and its trigger."""
    op.drop_table("order_approval")


def _order_approval() -> None:
    op.create_table(
        "order_approval",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("speed_mbps", sa.Integer(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column("monthly_rate", sa.Integer(), nullable=False),
        sa.Column("setup_fee", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("cost_centre", sa.Text(), nullable=True),
        sa.Column("diversity_zone", _words("diversityzone", "red", "blue"), nullable=True),
        sa.Column(
            "status",
            _words("orderapprovalstatus", "PENDING", "APPROVED", "REJECTED", "WITHDRAWN", "EXPIRED"),
            nullable=False,
        ),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("comment", sa.String(length=500), nullable=True),
        sa.Column("port_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        *_constraints(),
    )


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def _constraints() -> list[sa.Constraint]:
    names = {"company_id": "company", "decided_by": "app_user", "location_id": "location", "partner_id": "company"}
    return [
        sa.CheckConstraint("term_months IN (1, 12, 24, 36, 48, 60)", name=op.f("order_approval_term_check")),
        sa.CheckConstraint("speed_mbps IN (1000, 10000, 100000, 400000)", name=op.f("order_approval_speed_check")),
        sa.CheckConstraint("monthly_rate >= 0 AND setup_fee >= 0", name=op.f("order_approval_prices_check")),
        sa.CheckConstraint(
            "(status = 'APPROVED') = (port_id IS NOT NULL)", name=op.f("order_approval_port_once_approved_check")
        ),
        sa.CheckConstraint("(status = 'PENDING') = (decided_at IS NULL)", name=op.f("order_approval_decided_check")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"order_approval_{column}_fk"))
            for column, table in {**names, "port_id": "port", "requested_by": "app_user"}.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("order_approval_pk")),
        sa.UniqueConstraint("port_id", name=op.f("order_approval_port_id_key")),
    ]
