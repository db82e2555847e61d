"""Sessions: where a user is signed in. A session that has ended is deleted, and its access tokens end with it (V44, V59).

A session stores no token. Its refresh token is computed from the session's key and the number of refreshes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, now
from models.concept import Concept, always

IDLE_LIFETIME: Final = timedelta(days=30)  # after the last use (V44)
ACCESS_LIFETIME: Final = timedelta(minutes=15)  # of an access token (V44)
REPEAT_TIME: Final = timedelta(seconds=30)  # in which a used refresh token gets the same successor again (V44)
USER_AGENT_LENGTH: Final = 200  # characters


class Session(Identified, Base):
    """A sign-in of a user.

    `refreshes` counts the uses of refresh tokens, `refreshed_at` is the time of the last one, and `auth_time` that of the last
    password. `membership_id` is the membership that the session last acted with; None if the user had none.
    """

    __tablename__ = "session"
    IS_LOGGED = False

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("app_user.id", ondelete="CASCADE"))
    membership_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("membership.id", ondelete="SET NULL"))
    user_agent: Mapped[str | None] = mapped_column(sa.String(USER_AGENT_LENGTH))
    in_cookie: Mapped[bool] = mapped_column(default=False)  # whether the refresh token is set as a cookie
    refreshes: Mapped[int] = mapped_column(default=0)
    refreshed_at: Mapped[datetime | None]
    auth_time: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.Index("session_user_id_page", "user_id", "id"),
        sa.Index("session_membership_id_ix", "membership_id"),
        sa.Index("session_last_used_at_ix", "last_used_at"),
    )


CONCEPTS: Final = (Concept("Session", Session, tag=b"se", is_node=False, actions=always("revoke")),)
