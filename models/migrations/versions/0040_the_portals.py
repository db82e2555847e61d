"""Portals of companies: the origins whose pages embed them, and how they appear.

The gateways learn of each changed origin, and close the connections of embed sessions whose origin is removed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

CHANGED = """
    BEGIN
        PERFORM pg_notify(
            'crossgate', jsonb_build_object('type', 'PortalOrigin', 'id', coalesce(NEW.id, OLD.id), 'changed', null)::text
        );
        RETURN NULL;
    END"""
PAIRS = (("accent_text_color", "accent_color"), ("text_color", "background_color"))
COLORS = ("accent_color", "accent_text_color", "background_color", "text_color")


def upgrade() -> None:
    """Create the tables and their triggers. A managed account's portal is its partner's."""
    owner = sa.Column("portal_owner_id", sa.Uuid(), sa.Computed("coalesce(partner_id, id)", persisted=True), nullable=False)
    op.add_column("company", owner)
    _create_origins()
    _create_appearances()


def _create_origins() -> None:
    op.create_table(
        "portal_origin",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("company.id", name="portal_origin_company_id_fk"), nullable=False),
        sa.Column("partner_id", sa.Uuid(), sa.ForeignKey("company.id", name="portal_origin_partner_id_fk")),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True)),
        sa.Column("verified_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("company_id", "origin", name="portal_origin_company_id_origin_key"),
    )
    op.execute("CREATE TRIGGER owned BEFORE INSERT ON portal_origin FOR EACH ROW EXECUTE FUNCTION owned()")
    op.execute(f"CREATE FUNCTION portal_origin_changed() RETURNS trigger LANGUAGE plpgsql AS $${CHANGED};$$")
    op.execute(
        "CREATE TRIGGER portal_origin_changed AFTER INSERT OR UPDATE OR DELETE ON portal_origin FOR EACH ROW"
        " EXECUTE FUNCTION portal_origin_changed()"
    )
    op.execute("CREATE TRIGGER credential_ended AFTER DELETE ON portal_origin FOR EACH ROW EXECUTE FUNCTION credential_ended()")


def _create_appearances() -> None:
    op.create_table(
        "portal_appearance",
        sa.Column(
            "company_id", sa.Uuid(), sa.ForeignKey("company.id", name="portal_appearance_company_id_fk"), primary_key=True
        ),
        sa.Column("product_name", sa.Text()),
        sa.Column("logo_id", sa.Uuid(), sa.ForeignKey("image.id", name="portal_appearance_logo_id_fk")),
        sa.Column("color_scheme", sa.String(32), nullable=False),
        *(sa.Column(color, sa.Text()) for color in COLORS),
        sa.Column("font_family", sa.Text()),
        sa.Column("border_radius", sa.Integer()),
        sa.Column("density", sa.String(32), nullable=False),
        sa.Column("locale", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.CheckConstraint("color_scheme IN ('LIGHT', 'DARK', 'AUTO')", name="colorscheme"),
        sa.CheckConstraint("density IN ('COMFORTABLE', 'COMPACT')", name="density"),
        *(sa.CheckConstraint(f"{color} ~ '^#[0-9a-f]{{6}}$'", name=color) for color in COLORS),
        *(sa.CheckConstraint(f"({text} IS NULL) = ({behind} IS NULL)", name=f"{text}_pair") for text, behind in PAIRS),
        sa.CheckConstraint("border_radius BETWEEN 0 AND 24", name="border_radius"),
        sa.CheckConstraint("locale IN ('en', 'de', 'fr', 'it', 'es', 'ar')", name="locale"),
    )
    op.create_index("portal_appearance_logo_id_ix", "portal_appearance", ["logo_id"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("portal_appearance")
    op.drop_table("portal_origin")
    op.execute("DROP FUNCTION portal_origin_changed()")
    op.drop_column("company", "portal_owner_id")
