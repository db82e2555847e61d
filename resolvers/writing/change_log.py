"""The trail of a unit of work: an audit event for each row that it makes or changes, written with the change itself.

No command can forget it: the session tells what it is about to store. What is large or private to a person is named without values.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.orm.unitofwork import UOWTransaction

from models import AuditEvent, Company, PartnerDefaults

if TYPE_CHECKING:
    from resolvers.context import Context

UNLOGGED_TABLES: Final = {"audit_event", "idempotent_request", "mail", "notification"}
UNLOGGED_COLUMNS: Final = {"content", "search", "message", "sender_name", "sender_email", "sender_company", "peer"}
REDACTED_VALUE: Final = "…"


def record_changes(session: AsyncSession, action: str, context: Context | None = None) -> None:
    """From now on, whatever the session stores is recorded as done by the context's viewer; without one, by nobody but time."""
    actor = {"action": action, **(_actor(context) if context else {})}

    def note(stored: Session, _flush: UOWTransaction) -> None:
        rows = [row for row in (*stored.new, *stored.dirty, *stored.deleted) if row.__tablename__ not in UNLOGGED_TABLES]
        found = [_event(row, owner, gone=row in stored.deleted) for row in rows if (owner := _owner(row))]
        if events := [{**event, **actor} for event in found if event["changes"]]:
            stored.connection().execute(sa.insert(AuditEvent), events)

    event.listen(session.sync_session, "after_flush", note)


def _actor(context: Context) -> dict[str, Any]:
    return {
        "user_id": context.viewer.user_id,
        "actor_company_id": context.viewer.company_id,
        "policy_hash": context.policy.version,
        "request_id": context.origin.request_id,
    }


def _event(row: Any, owner: UUID, *, gone: bool) -> dict[str, Any]:
    return {
        "table_name": row.__tablename__,
        "row_id": row.partner_id if isinstance(row, PartnerDefaults) else row.id,
        "company_id": owner,
        "changes": _changes(row, gone=gone),
    }


def _changes(row: Any, *, gone: bool) -> dict[str, Any]:
    """The columns of a row that change: before and after."""
    changes = {}
    for attribute in sa.inspect(row).mapper.column_attrs:
        history = sa.inspect(row).attrs[attribute.key].history
        before = history.deleted[0] if history.deleted else None
        after = history.added[0] if history.added else None
        if gone:
            changes[attribute.key] = [_shown(attribute.key, getattr(row, attribute.key)), None]
        elif history.has_changes() and before != after:
            changes[attribute.key] = [_shown(attribute.key, before), _shown(attribute.key, after)]
    return changes


def _shown(column: str, value: Any) -> Any:
    """A value as JSON has it, or that there is one."""
    if value is None:
        return None
    if column in UNLOGGED_COLUMNS:
        return REDACTED_VALUE
    return str(value) if isinstance(value, UUID | date) else value


def _owner(row: Any) -> UUID | None:
    """The company whose row it is; None for a part of another row, which is told with that one."""
    if isinstance(row, Company):
        return row.id
    owner: UUID | None = row.partner_id if isinstance(row, PartnerDefaults) else getattr(row, "company_id", None)
    return owner
