"""Documents, which companies submit as their certificates of registration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and the trigger that sets the partner of a company's document."""
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("certified_id", sa.Uuid(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(company_id IS NULL) <> (user_id IS NULL)", name=op.f("document_one_owner_check")),
        sa.CheckConstraint("certified_id = company_id", name=op.f("document_own_certificate_check")),
        sa.CheckConstraint(
            "media_type IN ('application/pdf', 'image/png', 'image/jpeg')", name=op.f("document_media_type_check")
        ),
        sa.CheckConstraint("octet_length(content) = bytes", name=op.f("document_size_check")),
        *(
            sa.ForeignKeyConstraint([f"{name}_id"], ["company.id"], name=op.f(f"document_{name}_id_fk"))
            for name in ("company", "partner", "certified")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("document_user_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("document_pk")),
        sa.UniqueConstraint("certified_id", name=op.f("document_certified_id_key")),
    )
    op.create_index("document_company_id_page", "document", ["company_id", "id"])
    op.create_index("document_user_id_page", "document", ["user_id", "id"])
    op.create_index("document_unused", "document", ["uploaded_at"], postgresql_where=sa.text("certified_id IS NULL"))
    op.execute("CREATE TRIGGER owned BEFORE INSERT ON document FOR EACH ROW EXECUTE FUNCTION owned()")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("document")
