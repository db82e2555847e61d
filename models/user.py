"""Users: people who sign in. Their permissions come from their memberships, not from the user."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, now
from models.concept import Concept, Link, always
from models.kinds import PersonalEmail

MAX_NAME_LENGTH: Final = 200  # characters (V7)


class User(Identified, Base):
    """A person (R406).

    A user created by someone else is unclaimed until the owner of the email address claims it. The address of a claimed user is
    unique, ignoring case. Several unclaimed users can have the same address, so a conflict never reveals who has an account.
    """

    __tablename__ = "app_user"  # `user` is a reserved word in SQL

    email: Mapped[PersonalEmail]
    name: Mapped[str]
    job_title: Mapped[str | None]
    claimed: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.Index("app_user_email_key", sa.text("lower(email)"), unique=True, postgresql_where=sa.text("claimed")),
        sa.Index("app_user_unclaimed_email", sa.text("lower(email)"), postgresql_where=sa.text("NOT claimed")),
    )


CONCEPTS: Final = (
    Concept("User", User, tag=b"us", links=(Link("memberships", "membership", "id", "user_id"),), actions=always("upload")),
)
