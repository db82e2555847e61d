"""Offers are sorted by their expiry, and a buyer's row has copies of the offer's status and expiry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEY = "coalesce((expires_on + 1)::timestamp AT TIME ZONE 'UTC', '9999-01-01 00:00:00+00'::timestamptz)"
STATUSES = ("DRAFT", "PENDING_APPROVAL", "PUBLISHED", "ACCEPTED", "EXPIRED", "WITHDRAWN", "REJECTED")
PUBLISHED = sa.text("status = 'PUBLISHED'")
OFFER_PAGES = (["expiry_key"], ["company_id", "expiry_key"], ["partner_id", "expiry_key"])
BUYER_PAGES = [[buyer, column] for buyer in ("company_id", "partner_id") for column in ("status", "expiry_key")]
FACTS = """
    CREATE OR REPLACE FUNCTION buyer_facts() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            SELECT company_id, partner_id, product_id{columns}
            INTO NEW.seller_id, NEW.seller_partner_id, NEW.product_id{targets}
            FROM offer WHERE id = NEW.offer_id;
            SELECT partner_id INTO NEW.partner_id FROM company WHERE id = NEW.company_id;
            RETURN NEW;
        END $$
"""
STATES = """
    CREATE FUNCTION buyer_states() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE offer_buyer SET status = NEW.status, expiry_key = NEW.expiry_key WHERE offer_id = NEW.id;
            RETURN NULL;
        END $$
"""
CHANGED = "OLD.status IS DISTINCT FROM NEW.status OR OLD.expires_on IS DISTINCT FROM NEW.expires_on"


def upgrade() -> None:
    """Add the columns, fill them, and keep the copies equal."""
    op.add_column("offer", sa.Column("expiry_key", MOMENT, sa.Computed(KEY, persisted=True), nullable=False))
    op.drop_index("offer_due", table_name="offer")
    op.create_index("offer_due", "offer", ["expiry_key"], postgresql_where=PUBLISHED)
    for page in OFFER_PAGES:
        op.create_index(f"offer_{'_'.join(page)}_page", "offer", [*page, "id"])
    op.add_column("offer_buyer", sa.Column("status", sa.String(32)))
    op.add_column("offer_buyer", sa.Column("expiry_key", MOMENT))
    op.execute("UPDATE offer_buyer b SET status = o.status, expiry_key = o.expiry_key FROM offer o WHERE o.id = b.offer_id")
    for name in ("status", "expiry_key"):
        op.alter_column("offer_buyer", name, nullable=False)
    op.create_check_constraint("offerstatus", "offer_buyer", f"status IN {STATUSES}")
    for page in BUYER_PAGES:
        op.create_index(f"offer_buyer_{'_'.join(page)}_page", "offer_buyer", [*page, "offer_id"])
    op.create_index("offer_buyer_due", "offer_buyer", ["expiry_key"], postgresql_where=PUBLISHED)
    op.execute(FACTS.format(columns=", status, expiry_key", targets=", NEW.status, NEW.expiry_key"))
    op.execute(STATES)
    op.execute(
        f"CREATE TRIGGER buyer_states AFTER UPDATE OF status, expires_on ON offer FOR EACH ROW WHEN ({CHANGED})"
        " EXECUTE FUNCTION buyer_states()"
    )


def downgrade() -> None:
    """Drop the columns and the trigger."""
    op.execute("DROP TRIGGER buyer_states ON offer")
    op.execute("DROP FUNCTION buyer_states()")
    op.execute(FACTS.format(columns="", targets=""))
    for name in ("expiry_key", "status"):
        op.drop_column("offer_buyer", name)
    op.drop_index("offer_due", table_name="offer")
    op.drop_column("offer", "expiry_key")
    op.create_index("offer_due", "offer", ["expires_at"], postgresql_where=PUBLISHED)
