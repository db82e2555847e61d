"""The audit log: who changed, was denied, read, looked as another or had decisions explained. Never altered and never removed.

The database refuses to alter an event (trigger `audit_event_stays`). A change is written in its own transaction, with what was
changed; every other kind counts what it concerns by type, field and reason, and never holds a value.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, enum_column, now


class AuditKind(StrEnum):
    """What an event tells of."""

    CHANGE = "CHANGE"
    DENIAL = "DENIAL"
    EXPLAIN = "EXPLAIN"
    READ = "READ"
    VIEW_AS = "VIEW_AS"


class AuditEvent(Identified, Base):
    """What somebody did. `company_id` is whose affair it was, `actor_company_id` who acted, `as_company_id` as whom, if as another.

    Denials that one operation of one viewer meets again within a moment are one event, for so many `requests`; so are reads.
    """

    __tablename__ = "audit_event"

    at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[AuditKind] = mapped_column(
        enum_column(AuditKind), default=AuditKind.CHANGE, server_default=AuditKind.CHANGE.value
    )
    company_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("company.id")
    )  # nobody's, where a visitor was denied something
    partner_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("company.id"))  # by the trigger `owned`
    user_id: Mapped[UUID | None]
    actor_company_id: Mapped[UUID | None]
    as_user_id: Mapped[UUID | None]
    as_company_id: Mapped[UUID | None]
    action: Mapped[str | None]  # of a change: the mutation, as the API calls it, or the command
    table_name: Mapped[str | None]
    row_id: Mapped[UUID | None]
    changes: Mapped[dict[str, Any] | None]  # of a change: {column: [before, after]}
    counts: Mapped[list[dict[str, Any]] | None]  # of what is no change: [{type, field or action, reason, count}]
    operation_name: Mapped[str | None]
    operation_hash: Mapped[str | None]
    policy_hash: Mapped[str | None]
    request_id: Mapped[str | None]  # of the first, where it is of several
    requests: Mapped[int] = mapped_column(default=1, server_default="1")

    __table_args__ = (
        sa.CheckConstraint("(kind = 'CHANGE') = (table_name IS NOT NULL AND changes IS NOT NULL)", name="whole_change"),
        sa.Index("audit_event_kind_page", "kind", "id"),
        sa.Index("audit_event_actor_company_id_page", "actor_company_id", "id"),
        sa.Index("audit_event_actor_company_id_kind_page", "actor_company_id", "kind", "id"),
        sa.Index(
            "audit_event_as_company_id_page",
            "as_company_id",
            "kind",
            "id",
            postgresql_where=sa.text("as_company_id IS NOT NULL"),
        ),
    )
