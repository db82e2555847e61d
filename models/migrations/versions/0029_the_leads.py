"""Leads and their notes. Each inquiry that was sent before becomes a lead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.migrations.events import send_events
from models.migrations.lifecycles import set_steps

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATUSES = ("NEW", "CONTACTED", "QUALIFIED", "PURCHASED", "DELIVERED", "CLOSED")
STEPS = tuple(f"{before}>{after}" for place, after in enumerate(STATUSES) for before in STATUSES[:place])
PAGES = (["id"], ["status", "id"], ["source", "id"], ["product_id", "id"])
OWNERS: tuple[list[str], ...] = (["company_id"], ["partner_id"], [])
OPEN = "status = 'NEW' OR status = 'CONTACTED' OR status = 'QUALIFIED'"
OF_INQUIRIES = """
    INSERT INTO lead (id, company_id, partner_id, source, status, requester_id, user_id, contact_name, contact_email,
        contact_company, message, created_at, updated_at)
    SELECT id, company_id, partner_id, 'PROFILE_INQUIRY', 'NEW', NULL, user_id, sender_name, sender_email,
        sender_company, message, created_at, created_at
    FROM inquiry
"""


def upgrade() -> None:
    """Create the tables, their indexes and triggers."""
    op.create_table(
        "lead",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("company.id", name="lead_company_id_fk"), nullable=False),
        sa.Column("partner_id", sa.Uuid(), sa.ForeignKey("company.id", name="lead_partner_id_fk")),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("product_id", sa.Uuid(), sa.ForeignKey("product.id", name="lead_product_id_fk", ondelete="CASCADE")),
        sa.Column("requester_id", sa.Uuid(), sa.ForeignKey("company.id", name="lead_requester_id_fk")),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("app_user.id", name="lead_user_id_fk")),
        *(sa.Column(name, sa.Text()) for name in ("contact_name", "contact_email", "contact_company", "message")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(f"status IN {STATUSES}", name="leadstatus"),
        sa.CheckConstraint("source IN ('OFFER_REQUEST', 'PROFILE_INQUIRY')", name="leadsource"),
        sa.CheckConstraint("(source = 'OFFER_REQUEST') = (product_id IS NOT NULL)", name="requests_name_product"),
    )
    op.create_table(
        "lead_note",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "lead_id", sa.Uuid(), sa.ForeignKey("lead.id", name="lead_note_lead_id_fk", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("author_id", sa.Uuid(), sa.ForeignKey("app_user.id", name="lead_note_author_id_fk")),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    for owner in OWNERS:
        for page in PAGES if owner else PAGES[1:]:
            op.create_index(f"lead_{'_'.join([*owner, *page])}_page", "lead", [*owner, *page])
    op.create_index("lead_one_open", "lead", ["product_id", "requester_id"], unique=True, postgresql_where=sa.text(OPEN))
    op.create_index("lead_requester", "lead", ["company_id", "requester_id"])
    op.create_index("lead_user_id_created_at", "lead", ["user_id", "created_at"])
    op.create_index("lead_note_lead_id_ix", "lead_note", ["lead_id"])
    op.create_index("lead_note_author_id_at", "lead_note", ["author_id", "at"])
    op.execute(OF_INQUIRIES)
    op.execute("CREATE TRIGGER owned BEFORE INSERT ON lead FOR EACH ROW EXECUTE FUNCTION owned()")
    send_events("lead", "Lead")
    set_steps("lead", "status", STEPS)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("lead_note")
    op.drop_table("lead")
