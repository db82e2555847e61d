"""OpenID issuers of companies, and their members as these issuers know them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and their triggers. Connections close when the identity that they signed in with ends."""
    op.create_table(
        "identity_issuer",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("company.id", name="identity_issuer_company_id_fk"), nullable=False),
        sa.Column("partner_id", sa.Uuid(), sa.ForeignKey("company.id", name="identity_issuer_partner_id_fk")),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("company_id", name="identity_issuer_company_id_key"),
        sa.UniqueConstraint("issuer", "audience", name="identity_issuer_issuer_audience_key"),
    )
    op.create_table(
        "federated_identity",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "company_id", sa.Uuid(), sa.ForeignKey("company.id", name="federated_identity_company_id_fk"), nullable=False
        ),
        sa.Column("partner_id", sa.Uuid(), sa.ForeignKey("company.id", name="federated_identity_partner_id_fk")),
        sa.Column(
            "issuer_id",
            sa.Uuid(),
            sa.ForeignKey("identity_issuer.id", name="federated_identity_issuer_id_fk", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column(
            "membership_id",
            sa.Uuid(),
            sa.ForeignKey("membership.id", name="federated_identity_membership_id_fk", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("issuer_id", "subject", name="federated_identity_issuer_id_subject_key"),
        sa.UniqueConstraint("membership_id", name="federated_identity_membership_id_key"),
    )
    for table in ("identity_issuer", "federated_identity"):
        op.execute(f"CREATE TRIGGER owned BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION owned()")
    op.execute(
        "CREATE TRIGGER credential_ended AFTER DELETE ON federated_identity FOR EACH ROW EXECUTE FUNCTION credential_ended()"
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("federated_identity")
    op.drop_table("identity_issuer")
