"""Users: people who sign in. Their permissions come from their memberships, not from the user."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, Versioned, now, private
from models.concept import Concept, Link, always
from models.kinds import PersonalEmail, Secret

MAX_NAME_LENGTH: Final = 200  # characters (V7)


class User(Identified, Versioned, Base):
    """A person (R406).

    A user created by someone else is unclaimed until the owner of the email address claims it. The address of a claimed user is
    unique, ignoring case. Several unclaimed users can have the same address, so a conflict never reveals who has an account.

    Programs are users too: each API key acts as a user without an address.
    """

    __tablename__ = "app_user"  # `user` is a reserved word in SQL

    email: Mapped[PersonalEmail | None]  # None for the user of an API key
    name: Mapped[str]
    job_title: Mapped[str | None]
    claimed: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    password_hash: Mapped[Secret | None] = mapped_column(info=private(read=False, log=False))  # None until the user chooses one
    email_verified_at: Mapped[datetime | None]  # when the user last used a link that was sent to the address (R401)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.Index("app_user_email_key", sa.text("lower(email)"), unique=True, postgresql_where=sa.text("claimed")),
        sa.Index("app_user_unclaimed_email", sa.text("lower(email)"), postgresql_where=sa.text("NOT claimed")),
    )


CONCEPTS: Final = (
    Concept(
        "User",
        User,
        tag=b"us",
        links=(
            Link("memberships", "membership", "id", "user_id"),
            Link("api_keys", "api_key", "id", "user_id"),
        ),
        actions=always("update_user", "upload", "change_password", "register_company"),
    ),
)
