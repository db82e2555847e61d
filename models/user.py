"""Users: people who sign in. What a user may do is not here but in its memberships."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, now
from models.kinds import PersonalEmail

LONGEST_NAME: Final = 200  # characters (V7)


class User(Identified, Base):
    """A person (R406). The e-mail address is unique, whatever its case."""

    __tablename__ = "app_user"  # `user` is a reserved word of SQL

    email: Mapped[PersonalEmail]
    name: Mapped[str]
    job_title: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (sa.Index("app_user_email_key", sa.text("lower(email)"), unique=True),)
