"""Invoices have pages at the root: for the operator, and for a partner over all companies that it manages."""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

PAGES = {
    "invoice_partner_id_page": ["partner_id", "id"],
    "invoice_partner_id_period_start_page": ["partner_id", "period_start", "id"],
    "invoice_period_start_page": ["period_start", "id"],
}


def upgrade() -> None:
    """Add the indexes."""
    for name, columns in PAGES.items():
        op.create_index(name, "invoice", columns)


def downgrade() -> None:
    """Drop them."""
    for name in PAGES:
        op.drop_index(name, table_name="invoice")
