"""Registrations of sellers, and which publishers can publish automatically."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and its trigger, and add the column. Nobody can publish automatically until the operator allows it."""
    op.create_table(
        "seller_registration",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "company_id", sa.Uuid(), sa.ForeignKey("company.id", name="seller_registration_company_id_fk"), nullable=False
        ),
        sa.Column("partner_id", sa.Uuid(), sa.ForeignKey("company.id", name="seller_registration_partner_id_fk")),
        sa.Column("account_holder", sa.Text(), nullable=False),
        sa.Column("bank_account_country", sa.String(2), nullable=False),
        sa.Column("bank_account_last4", sa.String(4), nullable=False),
        sa.Column("bank_account_number", sa.LargeBinary(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("company_id", name="seller_registration_company_id_key"),
    )
    op.execute("CREATE TRIGGER owned BEFORE INSERT ON seller_registration FOR EACH ROW EXECUTE FUNCTION owned()")
    op.add_column("company", sa.Column("auto_publish_allowed", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Drop the column and the table."""
    op.drop_column("company", "auto_publish_allowed")
    op.drop_table("seller_registration")
