"""Photos of users: images that belong to a user, or to a sign-up, instead of a company."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let an image belong to a user, whose photo it can be, or to the email token of a sign-up."""
    op.alter_column("image", "company_id", nullable=True)
    for name in ("user_id", "photo_of_id"):
        op.add_column("image", sa.Column(name, sa.Uuid()))
        op.create_foreign_key(op.f(f"image_{name}_fk"), "image", "app_user", [name], ["id"])
    op.add_column("image", sa.Column("sign_up_id", sa.Uuid()))
    op.create_foreign_key(op.f("image_sign_up_id_fk"), "image", "email_token", ["sign_up_id"], ["id"], ondelete="CASCADE")
    for name in ("photo_of_id", "sign_up_id"):
        op.create_unique_constraint(op.f(f"image_{name}_key"), "image", [name])
    op.create_check_constraint(op.f("image_one_owner_check"), "image", "num_nonnulls(company_id, user_id, sign_up_id) = 1")
    op.create_check_constraint(op.f("image_own_photo_check"), "image", "photo_of_id = user_id")
    op.create_index("image_user_id_page", "image", ["user_id", "id"])


def downgrade() -> None:
    """Delete the photos, and what they need."""
    op.execute("DELETE FROM image WHERE company_id IS NULL")
    op.drop_constraint(op.f("image_one_owner_check"), "image")
    for name in ("sign_up_id", "photo_of_id", "user_id"):
        op.drop_column("image", name)
    op.alter_column("image", "company_id", nullable=False)
