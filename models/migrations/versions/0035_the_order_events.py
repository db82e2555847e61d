"""Order approvals send events when they are new and when they change."""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

AUDIBLE = "current_setting('crossgate.silent', true) IS DISTINCT FROM 'on'"
TRIGGERS = {"told_new": ("INSERT", AUDIBLE), "told_changed": ("UPDATE", f"OLD.* IS DISTINCT FROM NEW.* AND {AUDIBLE}")}


def upgrade() -> None:
    """Add the triggers."""
    for trigger, (event, condition) in TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER {trigger} AFTER {event} ON order_approval FOR EACH ROW WHEN ({condition})"
            " EXECUTE FUNCTION told('OrderApproval')"
        )


def downgrade() -> None:
    """Drop the triggers."""
    for trigger in TRIGGERS:
        op.execute(f"DROP TRIGGER {trigger} ON order_approval")
