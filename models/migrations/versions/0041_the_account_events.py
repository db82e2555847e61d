"""Managed accounts send events when they are new and when they change."""

from __future__ import annotations

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

AUDIBLE = "current_setting('crossgate.silent', true) IS DISTINCT FROM 'on'"
TRIGGERS = {"told_new": ("INSERT", AUDIBLE), "told_changed": ("UPDATE", f"OLD.* IS DISTINCT FROM NEW.* AND {AUDIBLE}")}


def upgrade() -> None:
    """Add the triggers."""
    for trigger, (event, condition) in TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER {trigger} AFTER {event} ON managed_account FOR EACH ROW WHEN ({condition})"
            " EXECUTE FUNCTION told('ManagedAccount')"
        )


def downgrade() -> None:
    """Drop the triggers."""
    for trigger in TRIGGERS:
        op.execute(f"DROP TRIGGER {trigger} ON managed_account")
