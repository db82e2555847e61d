"""Audit events: who changed what, written in the transaction of the change, never altered and never removed.

The database refuses to alter them (trigger `audit_event_stays`). Values of files and of searches are never in them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, now


class AuditEvent(Owned, Base):
    """One row that an action made or changed. `company_id` is whose row it is; `actor_company_id` is who acted."""

    __tablename__ = "audit_event"

    at: Mapped[datetime] = mapped_column(default=now)
    action: Mapped[str]  # the mutation, as the API calls it, or the command
    table_name: Mapped[str]
    row_id: Mapped[UUID]
    changes: Mapped[dict[str, Any]]  # {column: [before, after]}
    user_id: Mapped[UUID | None]
    actor_company_id: Mapped[UUID | None]
    request_id: Mapped[str | None]

    __table_args__ = (
        sa.Index("audit_event_company_id_page", "company_id", "id"),
        sa.Index("audit_event_partner_id_page", "partner_id", "id"),
    )
