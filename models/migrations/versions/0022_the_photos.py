"""Photos of users: images that belong to a user instead of a company."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let an image belong to a user, whose photo it can be."""
    op.alter_column("image", "company_id", nullable=True)
    for name in ("user_id", "photo_of_id"):
        op.add_column("image", sa.Column(name, sa.Uuid()))
        op.create_foreign_key(op.f(f"image_{name}_fk"), "image", "app_user", [name], ["id"])
    op.create_unique_constraint(op.f("image_photo_of_id_key"), "image", ["photo_of_id"])
    op.create_check_constraint(op.f("image_one_owner_check"), "image", "(company_id IS NULL) <> (user_id IS NULL)")
    op.create_check_constraint(op.f("image_own_photo_check"), "image", "photo_of_id = user_id")
    op.create_index("image_user_id_page", "image", ["user_id", "id"])


def downgrade() -> None:
    """Delete the photos, and what they need."""
    op.execute("DELETE FROM image WHERE company_id IS NULL")
    op.drop_constraint(op.f("image_one_owner_check"), "image")
    op.drop_column("image", "photo_of_id")
    op.drop_column("image", "user_id")
    op.alter_column("image", "company_id", nullable=False)
