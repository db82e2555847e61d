"""Connection requests are listed at the root, and filtered by status, requester and provider."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

SIDES = ("company_id", "partner_id", "provider_id", "provider_partner_id")
PAGES = [
    *([*side, *columns, "id"] for side in ([name] for name in SIDES) for columns in ([], ["status"])),
    ["status", "id"],
    *([side, "provider_id", "id"] for side in ("company_id", "partner_id")),
    ["provider_partner_id", "company_id", "id"],
]


def upgrade() -> None:
    """Add the indexes."""
    for page in PAGES:
        op.create_index(f"connection_request_{'_'.join(page)}_page", "connection_request", page)


def downgrade() -> None:
    """Drop the indexes."""
    for page in PAGES:
        op.drop_index(f"connection_request_{'_'.join(page)}_page", table_name="connection_request")
