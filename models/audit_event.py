"""The audit log: changes, denials, reads of audited fields, view-as sessions and explanations. Events are never altered or removed.

The database rejects updates of an event (trigger `audit_event_stays`). A change is recorded in the transaction that makes it, with
the values before and after. All other kinds hold counts by type, field and reason, and never a value.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Identified, copied, enum_column, now
from models.concept import Concept, equals, one_of


class AuditKind(DescribedEnum):
    """The kind of an audit event: a change, a denial, an explained decision, a read of audited fields, or a view-as request."""

    CHANGE = "CHANGE", "Somebody changed something."
    DENIAL = "DENIAL", "Policy denied something."
    EXPLAIN = "EXPLAIN", "Somebody asked why policy decides as it does."
    READ = "READ", "Somebody read an audited field."
    VIEW_AS = "VIEW_AS", "Somebody asked a query as another viewer."


class AuditEvent(Identified, Base):
    """One audited event. `company_id` owns the data, `actor_company_id` acted, and `as_company_id` is the view-as target, if any.

    Denials that the same operation of the same viewer repeats within a moment share one event, counted in `requests`. So do reads.
    """

    __tablename__ = "audit_event"
    IS_LOGGED = False

    at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[AuditKind] = mapped_column(
        enum_column(AuditKind), default=AuditKind.CHANGE, server_default=AuditKind.CHANGE.value
    )
    company_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("company.id"))  # None for a denied visitor, or a common row
    partner_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("company.id"), info=copied("partner_id", of="company_id", by="owned")
    )
    user_id: Mapped[UUID | None]
    external_user: Mapped[str | None]  # the user of an embedding portal, as the portal names it (V52)
    actor_company_id: Mapped[UUID | None]
    as_user_id: Mapped[UUID | None]
    as_company_id: Mapped[UUID | None]
    action: Mapped[str | None]  # of a change: the mutation's name in the API, or the command
    table_name: Mapped[str | None]
    row_id: Mapped[UUID | None]
    changes: Mapped[dict[str, Any] | None]  # of a change: {column: [before, after]}
    counts: Mapped[list[dict[str, Any]] | None]  # of other kinds: [{type, field or action, reason, count}]
    operation_name: Mapped[str | None]
    operation_hash: Mapped[str | None]
    policy_hash: Mapped[str | None]
    request_id: Mapped[str | None]  # of the first request, if there are several
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


CONCEPTS: Final = (
    Concept(
        "AuditEvent",
        AuditEvent,
        tag=b"ae",
        filters={
            "kind": equals("kind", "Matches the kind of event."),
            "kinds": one_of("kind", "Matches any of these kinds of events."),
        },
        newest_first=True,
    ),
)
