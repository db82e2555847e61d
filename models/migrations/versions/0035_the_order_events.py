"""Order approvals send events when they are new and when they change."""

from __future__ import annotations

from models.migrations.events import send_events, stop_events

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the triggers."""
    send_events("order_approval", "OrderApproval")


def downgrade() -> None:
    """Drop the triggers."""
    stop_events("order_approval")
