"""Idempotent requests: what was carried out under an Idempotency-Key, kept so that a repetition is answered and not repeated.

A row is written in the transaction of what it remembers: it is there if, and only if, that was done.
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
    """One field of a mutation that a user sent with a key. `done` names what came of it: {field: [type, key]}."""

    __tablename__ = "idempotent_request"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)  # the field's name in the answer
    fingerprint: Mapped[str]  # of what was asked
    done: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (sa.Index("idempotent_request_created_at", "created_at"),)
