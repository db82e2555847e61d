"""Change events, which the database sends to the gateways.

A message names the row, its type and the changed columns, and never a value. PostgreSQL sends it when the transaction commits, and
drops duplicates within a transaction. Loading sample data sets `crossgate.silent` to send nothing.
"""

from __future__ import annotations

from alembic import op

from models.migrations.events import send_events

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TYPES = {"port": "Port", "connection_request": "ConnectionRequest", "notification": "Notification"}
TOLD = """
    DECLARE
        former jsonb;
        changed jsonb;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            former := to_jsonb(OLD);
            SELECT jsonb_agg(each.key ORDER BY each.key) INTO changed FROM jsonb_each(to_jsonb(NEW)) each
            WHERE each.value IS DISTINCT FROM former -> each.key;
        END IF;
        PERFORM pg_notify('crossgate', jsonb_build_object('type', TG_ARGV[0], 'id', NEW.id, 'changed', changed)::text);
        RETURN NULL;
    END"""


def upgrade() -> None:
    """Send events for new and changed rows."""
    op.execute(f"CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $${TOLD};$$")
    for table, kind in TYPES.items():
        send_events(table, kind)


def downgrade() -> None:
    """Stop sending events."""
    op.execute("DROP FUNCTION told() CASCADE")
