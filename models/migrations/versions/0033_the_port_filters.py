"""Ports are sorted by the time of their order, and have a copy of their location's metro."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

PAGES = [[*owner, column] for column in ("created_at", "metro") for owner in ([], ["company_id"], ["partner_id"])]
PUBLIC = sa.text("visibility = 'PUBLIC' AND profile_visibility = 'PUBLIC'")
FUNCTIONS = {
    "port_metro": """
        BEGIN
            SELECT metro INTO NEW.metro FROM location WHERE id = NEW.location_id;
            RETURN NEW;
        END""",
    "location_metro": """
        BEGIN
            UPDATE port SET metro = NEW.metro WHERE location_id = NEW.id;
            RETURN NULL;
        END""",
}


def upgrade() -> None:
    """Add the copy, the triggers that keep it equal, and the indexes."""
    op.add_column("port", sa.Column("metro", sa.Text()))
    op.execute("UPDATE port p SET metro = l.metro FROM location l WHERE l.id = p.location_id")
    op.alter_column("port", "metro", nullable=False)
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body};$$")
    op.execute("CREATE TRIGGER port_metro BEFORE INSERT ON port FOR EACH ROW EXECUTE FUNCTION port_metro()")
    op.execute(
        "CREATE TRIGGER location_metro AFTER UPDATE OF metro ON location FOR EACH ROW"
        " WHEN (OLD.metro IS DISTINCT FROM NEW.metro) EXECUTE FUNCTION location_metro()"
    )
    for page in PAGES:
        op.create_index(f"port_{'_'.join(page)}_id_page", "port", [*page, "id"])
    op.create_index("port_public_metro_page", "port", ["metro", "id", "company_id"], postgresql_where=PUBLIC)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("port_public_metro_page", table_name="port")
    for page in PAGES:
        op.drop_index(f"port_{'_'.join(page)}_id_page", table_name="port")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}() CASCADE")
    op.drop_column("port", "metro")
