"""Sessions, passwords, tokens sent by email, and attempts to sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
PURPOSES = ("SIGN_UP", "PASSWORD_RESET")


def upgrade() -> None:
    """Create the tables, and add the columns of users and emails."""
    op.add_column("app_user", sa.Column("password_hash", sa.Text(), nullable=True))
    op.add_column("app_user", sa.Column("email_verified_at", TIME, nullable=True))
    op.add_column("mail", sa.Column("is_confidential", sa.Boolean(), nullable=False, server_default=sa.false()))
    _create_sessions()
    _create_email_tokens()
    _create_attempts()


def downgrade() -> None:
    """Drop everything. Users without a session sign in again; passwords are lost."""
    op.drop_table("sign_in_attempt")
    op.drop_table("email_token")
    op.drop_table("session")
    op.drop_column("mail", "is_confidential")
    op.drop_column("app_user", "email_verified_at")
    op.drop_column("app_user", "password_hash")


def _create_sessions() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "user_id", sa.Uuid(), sa.ForeignKey("app_user.id", name="session_user_id_fk", ondelete="CASCADE"), nullable=False
        ),
        sa.Column(
            "membership_id", sa.Uuid(), sa.ForeignKey("membership.id", name="session_membership_id_fk", ondelete="SET NULL")
        ),
        sa.Column("user_agent", sa.String(200), nullable=True),
        sa.Column("in_cookie", sa.Boolean(), nullable=False),
        sa.Column("refreshes", sa.Integer(), nullable=False),
        sa.Column("refreshed_at", TIME, nullable=True),
        sa.Column("auth_time", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME, nullable=False),
    )
    op.create_index("session_user_id_page", "session", ["user_id", "id"])
    op.create_index("session_membership_id_ix", "session", ["membership_id"])
    op.create_index("session_last_used_at_ix", "session", ["last_used_at"])


def _create_email_tokens() -> None:
    purpose = sa.Enum(*PURPOSES, name="emailtokenpurpose", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "email_token",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("purpose", purpose, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.UniqueConstraint("token_hash", name="email_token_token_hash_key"),
    )
    op.create_index("email_token_address_ix", "email_token", [sa.text("lower(address)"), "created_at"])
    op.create_index("email_token_peer_ix", "email_token", ["peer", "created_at"])
    op.create_index("email_token_expires_at_ix", "email_token", ["expires_at"])


def _create_attempts() -> None:
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("address_digest", sa.Text(), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_index("sign_in_attempt_address_digest_ix", "sign_in_attempt", ["address_digest", "created_at"])
    op.create_index("sign_in_attempt_peer_ix", "sign_in_attempt", ["peer", "created_at"])
    op.create_index("sign_in_attempt_created_at_ix", "sign_in_attempt", ["created_at"])
