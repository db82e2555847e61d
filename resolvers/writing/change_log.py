"""The change log: one audit event for each row that a unit of work inserts, changes or deletes, in the same transaction.

Commands can't forget it, because it listens to the session's flushes. Large or personal values are logged as REDACTED_VALUE.
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

from models import AuditEvent, Base

if TYPE_CHECKING:
    from resolvers.context import Context

REDACTED_VALUE: Final = "…"


def record_changes(session: AsyncSession, action: str, context: Context | None = None) -> None:
    """Record everything the session stores from now on, with the context's viewer as actor; without a context, no actor."""
    actor = {"action": action, **(_actor(context) if context else {})}

    def write_events(flushed: Session, _flush: UOWTransaction) -> None:
        rows = [row for row in (*flushed.new, *flushed.dirty, *flushed.deleted) if row.IS_LOGGED]
        logged = [(row, owner) for row in rows if (owner := _owner(row)) or row.IS_COMMON]
        changed = [_event(row, owner, is_deleted=row in flushed.deleted) for row, owner in logged]
        if events := [{**event, **actor} for event in changed if event["changes"]]:
            flushed.connection().execute(sa.insert(AuditEvent), events)

    event.listen(session.sync_session, "after_flush", write_events)


def _actor(context: Context) -> dict[str, Any]:
    return {
        "user_id": context.viewer.user_id,
        "external_user": context.viewer.external_user,
        "actor_company_id": context.viewer.company_id,
        "policy_hash": context.policy.version,
        "request_id": context.origin.request_id,
    }


def _event(row: Any, owner: UUID | None, *, is_deleted: bool) -> dict[str, Any]:
    return {
        "table_name": row.__tablename__,
        "row_id": sa.inspect(row).mapper.primary_key_from_instance(row)[0],
        "company_id": owner,
        "changes": _changes(row, is_deleted=is_deleted),
    }


def _changes(row: Any, *, is_deleted: bool) -> dict[str, Any]:
    """Return the changed columns of a row, each as [before, after]."""
    changes = {}
    for attribute in sa.inspect(row).mapper.column_attrs:
        history = sa.inspect(row).attrs[attribute.key].history
        (column,) = attribute.columns
        before = history.deleted[0] if history.deleted else None
        after = history.added[0] if history.added else None
        if is_deleted:
            changes[attribute.key] = [_json_value(column, getattr(row, attribute.key)), None]
        elif history.has_changes() and before != after:
            changes[attribute.key] = [_json_value(column, before), _json_value(column, after)]
    return changes


def _json_value(column: sa.ColumnElement[Any], value: Any) -> Any:
    """Return a value as JSON, or REDACTED_VALUE if the log must not contain it."""
    if value is None:
        return None
    if not column.info.get("log", True):
        return REDACTED_VALUE
    if isinstance(value, list):
        return [_json_value(column, each) for each in value]
    return str(value) if isinstance(value, UUID | date) else value


def _owner(row: Base) -> UUID | None:
    """Return the company that owns the row, or None for a row that is common to all or isn't logged by itself (part of another)."""
    owner: UUID | None = None if row.OWNER is None else getattr(row, row.OWNER)
    return owner
