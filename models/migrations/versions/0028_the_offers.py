"""Offers that are drafted, approved and changed, and agreements about several dimensions.

An agreement carries its offer's product, seller and seller's partner, so that policy can check who reads it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.migrations.events import send_events, stop_events
from models.migrations.lifecycles import drop_steps, set_steps
from models.migrations.notification_kinds import set_kinds

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KINDS = (
    "EMAIL_VERIFICATION",
    "INVITATION",
    "COMPANY_SUBMITTED",
    "COMPANY_VERIFIED",
    "COMPANY_REJECTED",
    "LISTING_SUBMITTED",
    "LISTING_COMMENTED",
    "LISTING_APPROVED",
    "LISTING_REJECTED",
    "LISTING_PUBLISHED",
    "PRODUCT_REMOVED",
    "OFFER_REQUESTED",
    "OFFER_ACCEPTED",
    "CONNECTION_REQUESTED",
    "CONNECTION_DECIDED",
    "PROFILE_INQUIRY",
    "ORDER_APPROVAL_REQUESTED",
    "ORDER_APPROVAL_DECIDED",
    "MAINTENANCE",
    "SECURITY",
)
ADDED = ("OFFER_SUBMITTED", "OFFER_APPROVED", "OFFER_REJECTED", "OFFER_EXPIRED", "AGREEMENT_CANCELLED", "AGREEMENT_ENDED")
PAGES = (["id"], ["status", "id"], ["offer_id", "id"])
OWNERS: tuple[list[str], ...] = (["company_id"], ["partner_id"], ["seller_id"], ["seller_partner_id"], [])
FORMER_PAGES = (["company_id", "id"], ["seller_id", "id"])
AGREEMENT_FACTS = """
    CREATE FUNCTION agreement_facts() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            SELECT company_id, partner_id, product_id INTO NEW.seller_id, NEW.seller_partner_id, NEW.product_id
            FROM offer WHERE id = NEW.offer_id;
            RETURN NEW;
        END;$$
"""
READ_AGREEMENTS = """
    UPDATE agreement a SET
        seller_partner_id = o.partner_id,
        dimension_ids = ARRAY[dimension_id],
        ended_at = CASE WHEN a.status <> 'ACTIVE' THEN least(now(), (ends_on + 1)::timestamp AT TIME ZONE 'UTC') END
    FROM offer o WHERE o.id = a.offer_id
"""
OFFER_STEPS = (
    "DRAFT>PENDING_APPROVAL",
    "DRAFT>PUBLISHED",
    "PENDING_APPROVAL>PUBLISHED",
    "PENDING_APPROVAL>REJECTED",
    "PUBLISHED>ACCEPTED",
    "PUBLISHED>EXPIRED",
    "PUBLISHED>WITHDRAWN",
)


def _offer_columns() -> tuple[sa.Column[Any], ...]:
    """Return the new columns."""
    return (
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("zero_price_confirmed", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("expires_at", MOMENT, sa.Computed("(expires_on + 1)::timestamp AT TIME ZONE 'UTC'", persisted=True)),
        sa.Column("approval_reason", sa.Text()),
        sa.Column("rejection_reason", sa.Text()),
        sa.Column("submitted_by", sa.Uuid(), sa.ForeignKey("app_user.id", name="offer_submitted_by_fk")),
        sa.Column("submitted_at", MOMENT),
        sa.Column("published_at", MOMENT),
    )


def _agreement_columns() -> tuple[sa.Column[Any], ...]:
    """Return the new columns."""
    return (
        sa.Column("seller_partner_id", sa.Uuid(), sa.ForeignKey("company.id", name="agreement_seller_partner_id_fk")),
        sa.Column(
            "ends_at", MOMENT, sa.Computed("(ends_on + 1)::timestamp AT TIME ZONE 'UTC'", persisted=True), nullable=False
        ),
        sa.Column("accepted_by", sa.Uuid(), sa.ForeignKey("app_user.id", name="agreement_accepted_by_fk")),
        sa.Column("cancellation_reason", sa.Text()),
        sa.Column("ended_at", MOMENT),
    )


def upgrade() -> None:
    """Add the columns, indexes, constraints and triggers."""
    for column in _offer_columns():
        op.add_column("offer", column)
    for name in ("contract_end_date", "expires_on"):
        op.alter_column("offer", name, nullable=True)
    op.execute("UPDATE offer SET published_at = created_at WHERE status IN ('PUBLISHED', 'ACCEPTED', 'EXPIRED', 'WITHDRAWN')")
    op.execute("UPDATE offer SET submitted_at = created_at WHERE status IN ('PENDING_APPROVAL', 'REJECTED')")
    op.execute("UPDATE offer SET zero_price_confirmed = true WHERE total_value = 0 AND status <> 'DRAFT'")
    op.create_check_constraint(
        "published_has_dates", "offer", "status = 'DRAFT' OR (contract_end_date IS NOT NULL AND expires_on IS NOT NULL)"
    )
    op.create_index("offer_due", "offer", ["expires_at"], postgresql_where=sa.text("status = 'PUBLISHED'"))
    set_steps("offer", "status", (*OFFER_STEPS, "PUBLISHED>PENDING_APPROVAL"))
    send_events("offer", "Offer")
    _add_to_agreements()
    set_kinds((*KINDS, *ADDED))


def _add_to_agreements() -> None:
    for column in _agreement_columns():
        op.add_column("agreement", column)
    op.add_column("agreement", sa.Column("dimension_ids", postgresql.ARRAY(sa.Uuid())))
    op.alter_column("agreement", "amount", new_column_name="total_value")
    op.execute(READ_AGREEMENTS)
    op.alter_column("agreement", "dimension_ids", nullable=False)
    op.drop_column("agreement", "dimension_id")
    for name, condition in (
        ("total_value", "total_value >= 0"),
        ("has_dimension", "cardinality(dimension_ids) > 0"),
        ("ended", "(status = 'ACTIVE') = (ended_at IS NULL)"),
    ):
        op.create_check_constraint(name, "agreement", condition)
    for columns in FORMER_PAGES:
        op.drop_index(f"agreement_{'_'.join(columns[:-1])}_page", table_name="agreement")
    for owner in OWNERS:
        for page in PAGES if owner else PAGES[1:]:
            op.create_index(f"agreement_{'_'.join([*owner, *page])}_page", "agreement", [*owner, *page])
    op.create_index("agreement_due", "agreement", ["ends_at"], postgresql_where=sa.text("status = 'ACTIVE'"))
    op.create_foreign_key(
        "agreement_offer_id_company_id_fk", "agreement", "offer_buyer", ["offer_id", "company_id"], ["offer_id", "company_id"]
    )
    op.execute(AGREEMENT_FACTS)
    op.execute("CREATE TRIGGER agreement_facts BEFORE INSERT ON agreement FOR EACH ROW EXECUTE FUNCTION agreement_facts()")


def downgrade() -> None:
    """Remove them. Offers whose change waits for an approval count as withdrawn, and drafts without dates are deleted."""
    set_kinds(KINDS)
    op.execute("DROP FUNCTION agreement_facts() CASCADE")
    op.drop_constraint("agreement_offer_id_company_id_fk", "agreement")
    op.drop_index("agreement_due", table_name="agreement")
    for owner in OWNERS:
        for page in PAGES if owner else PAGES[1:]:
            op.drop_index(f"agreement_{'_'.join([*owner, *page])}_page", table_name="agreement")
    for columns in FORMER_PAGES:
        op.create_index(f"agreement_{'_'.join(columns[:-1])}_page", "agreement", columns)
    for name in ("ended", "has_dimension", "total_value"):
        op.drop_constraint(f"agreement_{name}_check", "agreement")
    op.add_column(
        "agreement", sa.Column("dimension_id", sa.Uuid(), sa.ForeignKey("offer_dimension.id", name="agreement_dimension_id_fk"))
    )
    op.execute("UPDATE agreement SET dimension_id = dimension_ids[1]")
    op.alter_column("agreement", "dimension_id", nullable=False)
    op.alter_column("agreement", "total_value", new_column_name="amount")
    for name in ("dimension_ids", *(column.name for column in reversed(_agreement_columns()))):
        op.drop_column("agreement", name)
    stop_events("offer")
    drop_steps("offer")
    op.execute("DELETE FROM offer WHERE contract_end_date IS NULL OR expires_on IS NULL")
    set_steps("offer", "status", OFFER_STEPS)
    op.drop_index("offer_due", table_name="offer")
    op.drop_constraint("offer_published_has_dates_check", "offer")
    for name in ("contract_end_date", "expires_on"):
        op.alter_column("offer", name, nullable=False)
    for column in reversed(_offer_columns()):
        op.drop_column("offer", column.name)
