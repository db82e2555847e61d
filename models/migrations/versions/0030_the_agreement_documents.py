"""Documents of offers: what sellers upload, and the PDF that joins them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("document", sa.Column("purpose", sa.String(32), nullable=False, server_default="CERTIFICATE"))
    op.create_check_constraint("documentpurpose", "document", "purpose IN ('CERTIFICATE', 'AGREEMENT')")
    op.create_check_constraint("certifies", "document", "certified_id IS NULL OR purpose = 'CERTIFICATE'")
    keys = postgresql.ARRAY(sa.Uuid())
    op.add_column("offer", sa.Column("document_ids", keys, nullable=False, server_default=sa.text("'{}'")))
    op.create_index("offer_documents", "offer", ["document_ids"], postgresql_using="gin")
    op.create_table(
        "offer_document",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "offer_id",
            sa.Uuid(),
            sa.ForeignKey("offer.id", name="offer_document_offer_id_fk", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column(
            "current_of_id", sa.Uuid(), sa.ForeignKey("offer.id", name="offer_document_current_of_id_fk", ondelete="CASCADE")
        ),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("current_of_id", name="offer_document_current_of_id_key"),
        sa.CheckConstraint("current_of_id = offer_id", name="own_document"),
        sa.CheckConstraint("octet_length(content) = bytes", name="size"),
    )
    op.create_index("offer_document_offer_id_ix", "offer_document", ["offer_id"])


def downgrade() -> None:
    """Drop them, with the documents of offers."""
    op.drop_table("offer_document")
    op.drop_index("offer_documents", table_name="offer")
    op.drop_column("offer", "document_ids")
    op.execute("DELETE FROM document WHERE purpose = 'AGREEMENT'")
    for name in ("certifies", "documentpurpose"):
        op.drop_constraint(f"document_{name}_check", "document")
    op.drop_column("document", "purpose")
