"""Ports are sorted by the time of their order, which filters can narrow."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

PAGES = (["created_at"], ["company_id", "created_at"], ["partner_id", "created_at"])


def upgrade() -> None:
    """Add the indexes."""
    for page in PAGES:
        op.create_index(f"port_{'_'.join(page)}_id_page", "port", [*page, "id"])


def downgrade() -> None:
    """Drop the indexes."""
    for page in PAGES:
        op.drop_index(f"port_{'_'.join(page)}_id_page", table_name="port")
