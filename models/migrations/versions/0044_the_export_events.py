"""Exports send events when they are new, when a page is written and when they end."""

from __future__ import annotations

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

# Not each update: another attempt to write a page changes nothing that a field shows.
CHANGED = "(OLD.status, OLD.byte_size) IS DISTINCT FROM (NEW.status, NEW.byte_size)"
AUDIBLE = "current_setting('crossgate.silent', true) IS DISTINCT FROM 'on'"
TRIGGERS = {"told_new": ("INSERT", AUDIBLE), "told_changed": ("UPDATE", f"{CHANGED} AND {AUDIBLE}")}


def upgrade() -> None:
    """Add the triggers."""
    for trigger, (event, condition) in TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER {trigger} AFTER {event} ON export FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION told('Export')"
        )


def downgrade() -> None:
    """Drop the triggers."""
    for trigger in TRIGGERS:
        op.execute(f"DROP TRIGGER {trigger} ON export")
