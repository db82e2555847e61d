"""Idempotent requests: the results of mutations sent with an Idempotency-Key. A retry returns the stored result.

A row is written in the mutation's own transaction, so it exists if and only if the mutation was committed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, now

RETENTION: Final = timedelta(hours=24)


class IdempotentRequest(Base):
    """One mutation field that a user sent with a key. `done` names the resulting objects: {field: [type, key]}."""

    __tablename__ = "idempotent_request"
    IS_LOGGED = False

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)  # the field's name in the response
    fingerprint: Mapped[str]  # hash of the input
    done: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (sa.Index("idempotent_request_created_at", "created_at"),)
