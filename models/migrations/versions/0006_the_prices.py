"""The price list, and the indexes and columns for reading invoices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PAGES = {
    "invoice_partner_id_company_id_page": ["partner_id", "company_id", "id"],
    "invoice_company_id_period_start_page": ["company_id", "period_start", "id"],
    "invoice_partner_id_company_id_period_start_page": ["partner_id", "company_id", "period_start", "id"],
}


def upgrade() -> None:
    """Create the price list, and add the currency to invoice lines."""
    op.create_table(
        "price",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("PORT", "CONNECTION", name="pricekind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("speed_mbps", sa.Integer(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("monthly_rate", sa.Integer(), nullable=False),
        sa.Column("setup_fee", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("monthly_rate >= 0 AND setup_fee >= 0", name=op.f("price_amounts_check")),
        sa.CheckConstraint(
            "kind = 'PORT' AND speed_mbps IN (1000, 10000, 100000, 400000) OR kind = 'CONNECTION'"
            " AND speed_mbps IN (50, 100, 200, 500, 1000, 2000, 5000, 10000)",
            name=op.f("price_speed_check"),
        ),
        sa.CheckConstraint("term_months IN (1, 12, 24, 36, 48, 60)", name=op.f("price_term_check")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("price_location_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("price_pk")),
        sa.UniqueConstraint(
            "location_id", "kind", "speed_mbps", "term_months", name=op.f("price_location_id_kind_speed_mbps_term_months_key")
        ),
    )
    op.add_column("invoice_line", sa.Column("currency", sa.String(length=3), nullable=True))
    op.execute("UPDATE invoice_line l SET currency = i.currency FROM invoice i WHERE i.id = l.invoice_id")
    op.alter_column("invoice_line", "currency", nullable=False)
    for name, columns in PAGES.items():
        op.create_index(name, "invoice", columns)


def downgrade() -> None:
    """Drop the price list."""
    for name in PAGES:
        op.drop_index(name, table_name="invoice")
    op.drop_column("invoice_line", "currency")
    op.drop_table("price")
