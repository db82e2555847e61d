"""Companies are submitted for verification, with a date when the operator's decision is due, and can have a distribution agreement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Companies of types that need an agreement have been given them by the operator.
AGREEMENTS = "UPDATE company SET distribution_agreement = true WHERE company_type NOT IN ('ENTERPRISE', 'XAAS')"
# Nothing recorded when a company was submitted. What is pending is overdue, so it comes first.
SUBMISSIONS = """
    UPDATE company SET verification_submitted_at = created_at, verification_due_at = created_at + interval '3 days'
    WHERE verification_status <> 'UNVERIFIED'"""


def upgrade() -> None:
    """Add the columns, and the index that finds a company that is verified with the same registration."""
    op.add_column("company", sa.Column("verification_reason", sa.Text()))
    op.add_column("company", sa.Column("verification_submitted_at", sa.DateTime(timezone=True)))
    op.add_column("company", sa.Column("verification_due_at", sa.DateTime(timezone=True)))
    op.add_column("company", sa.Column("distribution_agreement", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(AGREEMENTS)
    op.execute(SUBMISSIONS)
    op.create_index(
        "company_verified_registration",
        "company",
        ["country", sa.text("lower(registration_number)")],
        postgresql_where=sa.text("verification_status = 'VERIFIED'"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("company_verified_registration", "company")
    for column in ("distribution_agreement", "verification_due_at", "verification_submitted_at", "verification_reason"):
        op.drop_column("company", column)
