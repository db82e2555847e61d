"""Only PUBLIC ports have a copy of their company's profile visibility, so hiding a profile writes no others.

A port that becomes PUBLIC reads the visibility under a share lock, so it can't miss a change of the profile that isn't committed
yet: that change holds the company's row, and afterwards writes all ports that are PUBLIC by then. The copy of one row isn't worth
a change event, because no field shows it.
"""

from __future__ import annotations

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

FUNCTIONS = {
    "port_profile": """
        BEGIN
            NEW.profile_visibility := NULL;
            IF NEW.visibility = 'PUBLIC' THEN
                SELECT profile_visibility INTO NEW.profile_visibility FROM company WHERE id = NEW.company_id FOR SHARE;
            END IF;
            RETURN NEW;
        END""",
    "port_listed": """
        DECLARE
            shown text;
        BEGIN
            IF NEW.visibility = 'PUBLIC' THEN
                SELECT profile_visibility INTO shown FROM company WHERE id = NEW.company_id FOR SHARE;
            END IF;
            UPDATE port SET profile_visibility = shown WHERE id = NEW.id AND profile_visibility IS DISTINCT FROM shown;
            RETURN NULL;
        END""",
    "profile_visibility": """
        DECLARE
            changed uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.company_id ELSE NEW.company_id END;
            shown text := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.visibility END;
        BEGIN
            UPDATE company SET profile_visibility = shown WHERE id = changed;
            UPDATE port SET profile_visibility = shown WHERE company_id = changed AND visibility = 'PUBLIC';
            RETURN NULL;
        END""",
}
FORMER = {
    "port_profile": """
        BEGIN
            SELECT profile_visibility INTO NEW.profile_visibility FROM company WHERE id = NEW.company_id;
            RETURN NEW;
        END""",
    "profile_visibility": """
        DECLARE
            changed uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.company_id ELSE NEW.company_id END;
            shown text := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.visibility END;
        BEGIN
            UPDATE company SET profile_visibility = shown WHERE id = changed;
            UPDATE port SET profile_visibility = shown WHERE company_id = changed;
            RETURN NULL;
        END""",
}
SILENT = " SET crossgate.silent = 'on'"


def upgrade() -> None:
    """Change the functions, create the trigger of ports that change, and clear the copies of other ports."""
    op.execute("SET LOCAL crossgate.silent = 'on'")
    for name, body in FUNCTIONS.items():
        settings = "" if name == "port_profile" else SILENT
        op.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql{settings} AS $${body};$$")
    # Not a trigger BEFORE UPDATE: with one, each update of a port would compute its generated columns again.
    op.execute(
        "CREATE TRIGGER port_listed AFTER UPDATE OF visibility ON port FOR EACH ROW"
        " WHEN (OLD.visibility IS DISTINCT FROM NEW.visibility) EXECUTE FUNCTION port_listed()"
    )
    op.execute("UPDATE port SET profile_visibility = NULL WHERE visibility <> 'PUBLIC' AND profile_visibility IS NOT NULL")


def downgrade() -> None:
    """Copy the visibility to all ports again."""
    op.execute("SET LOCAL crossgate.silent = 'on'")
    op.execute("DROP FUNCTION port_listed() CASCADE")
    for name, body in FORMER.items():
        op.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body};$$")
    op.execute(
        "UPDATE port p SET profile_visibility = c.profile_visibility FROM company c WHERE c.id = p.company_id"
        " AND p.profile_visibility IS DISTINCT FROM c.profile_visibility"
    )
