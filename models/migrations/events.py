"""Events in migrations: the triggers that announce new and changed rows to the gateways."""

from __future__ import annotations

from typing import Final

from alembic import op

AUDIBLE: Final = "current_setting('crossgate.silent', true) IS DISTINCT FROM 'on'"
ANY_CHANGE: Final = "OLD.* IS DISTINCT FROM NEW.*"


def send_events(table: str, kind: str, changed: str = ANY_CHANGE) -> None:
    """Send events of this type for new rows, and for rows that have `changed`. The function `told` is of migration 0005."""
    for trigger, event, condition in (("told_new", "INSERT", AUDIBLE), ("told_changed", "UPDATE", f"{changed} AND {AUDIBLE}")):
        op.execute(
            f"CREATE TRIGGER {trigger} AFTER {event} ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION told('{kind}')"
        )


def stop_events(table: str) -> None:
    """Send no more events of a table."""
    for trigger in ("told_new", "told_changed"):
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
