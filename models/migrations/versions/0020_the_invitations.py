"""Invitations of members, with the users who own the addresses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ROLES = "ARRAY['ACCOUNT_ADMIN', 'NETWORK_ADMIN', 'MARKETPLACE_EDITOR', 'FINANCE', 'VIEWER', 'REVIEWER', 'SUPPORT']"

# The advisory lock makes a user and an invitation that are stored at the same time find each other.
LOCK = "PERFORM pg_advisory_xact_lock(hashtextextended('invitee:' || lower(NEW.email), 0));"
FUNCTIONS = {
    "invitation_invitee": f"""
        BEGIN
            {LOCK}
            SELECT id INTO NEW.invitee_id FROM app_user
            WHERE lower(email) = lower(NEW.email) AND claimed AND email_verified_at IS NOT NULL;
            RETURN NEW;
        END""",
    "user_invitations": f"""
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                UPDATE invitation SET invitee_id = NULL WHERE invitee_id = NEW.id;
            END IF;
            IF NEW.claimed AND NEW.email_verified_at IS NOT NULL THEN
                {LOCK}
                UPDATE invitation SET invitee_id = NEW.id WHERE lower(email) = lower(NEW.email);
            END IF;
            RETURN NULL;
        END""",
}
TRIGGERS = (
    "CREATE TRIGGER owned BEFORE INSERT ON invitation FOR EACH ROW EXECUTE FUNCTION owned()",
    "CREATE TRIGGER invitation_invitee BEFORE INSERT ON invitation FOR EACH ROW EXECUTE FUNCTION invitation_invitee()",
    "CREATE TRIGGER user_invitations AFTER INSERT ON app_user FOR EACH ROW"
    " WHEN (NEW.claimed AND NEW.email_verified_at IS NOT NULL AND NEW.email IS NOT NULL) EXECUTE FUNCTION user_invitations()",
    "CREATE TRIGGER user_invitations_again AFTER UPDATE OF email, claimed, email_verified_at ON app_user FOR EACH ROW"
    " WHEN ((OLD.email, OLD.claimed, OLD.email_verified_at) IS DISTINCT FROM (NEW.email, NEW.claimed, NEW.email_verified_at))"
    " EXECUTE FUNCTION user_invitations()",
)


def upgrade() -> None:
    """Create the table, its indexes and the triggers that derive the partner and the invitee."""
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("company.id", name="invitation_company_id_fk"), nullable=False),
        sa.Column("partner_id", sa.Uuid(), sa.ForeignKey("company.id", name="invitation_partner_id_fk")),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("invited_by_id", sa.Uuid(), sa.ForeignKey("app_user.id", name="invitation_invited_by_id_fk"), nullable=False),
        sa.Column("invitee_id", sa.Uuid(), sa.ForeignKey("app_user.id", name="invitation_invitee_id_fk")),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.UniqueConstraint("token_hash", name="invitation_token_hash_key"),
        sa.CheckConstraint("cardinality(roles) > 0", name="some_role"),
        sa.CheckConstraint(f"roles <@ {ROLES}::text[]", name="known_roles"),
    )
    op.create_index("invitation_company_id_page", "invitation", ["company_id", "id"])
    op.create_index("invitation_partner_id_company_id_page", "invitation", ["partner_id", "company_id", "id"])
    op.create_index("invitation_invitee_id_page", "invitation", ["invitee_id", "company_id", "id"])
    op.create_index("invitation_email_ix", "invitation", [sa.text("lower(email)"), "created_at"])
    op.create_index("invitation_expires_at_ix", "invitation", ["expires_at"])
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body${body}$body$")
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    """Drop everything."""
    op.execute("DROP TRIGGER user_invitations_again ON app_user")
    op.execute("DROP TRIGGER user_invitations ON app_user")
    op.drop_table("invitation")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}()")
