"""Exports send events when they are new, when a page is written and when they end."""

from __future__ import annotations

from models.migrations.events import send_events, stop_events

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

# Not each update: another attempt to write a page changes nothing that a field shows.
CHANGED = "(OLD.status, OLD.byte_size) IS DISTINCT FROM (NEW.status, NEW.byte_size)"


def upgrade() -> None:
    """Add the triggers."""
    send_events("export", "Export", CHANGED)


def downgrade() -> None:
    """Drop the triggers."""
    stop_events("export")
