"""Payments of agreements on invoices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and let each payment be charged once."""
    for name in ("agreement", "instalment"):
        key = sa.ForeignKey(f"{name}.id", name=f"invoice_line_{name}_id_fk")
        op.add_column("invoice_line", sa.Column(f"{name}_id", sa.Uuid(), key))
    op.create_index(
        "invoice_line_payment",
        "invoice_line",
        ["agreement_id", "instalment_id"],
        unique=True,
        postgresql_where=sa.text("agreement_id IS NOT NULL"),
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    """Drop the columns. Invoices keep their lines."""
    op.drop_index("invoice_line_payment", table_name="invoice_line")
    for name in ("instalment", "agreement"):
        op.drop_column("invoice_line", f"{name}_id")
