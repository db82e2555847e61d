"""The database tells the gateways which sessions, memberships and API keys have ended, so that they close their connections."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ENDED = """
    BEGIN
        PERFORM pg_notify('crossgate', jsonb_build_object('type', 'Credential', 'id', OLD.id, 'changed', null)::text);
        RETURN NULL;
    END"""
REVOKED = "OLD.revoked_at IS DISTINCT FROM NEW.revoked_at"


def upgrade() -> None:
    """Send an event when a credential ends."""
    op.execute(f"CREATE FUNCTION credential_ended() RETURNS trigger LANGUAGE plpgsql AS $${ENDED};$$")
    for table in ("session", "membership"):
        op.execute(f"CREATE TRIGGER credential_ended AFTER DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION credential_ended()")
    op.execute(
        "CREATE TRIGGER credential_ended AFTER UPDATE ON api_key FOR EACH ROW"
        f" WHEN ({REVOKED}) EXECUTE FUNCTION credential_ended()"
    )


def downgrade() -> None:
    """Stop sending them."""
    op.execute("DROP FUNCTION credential_ended() CASCADE")
