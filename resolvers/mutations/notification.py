"""Mutations of notifications."""

from __future__ import annotations

import sqlalchemy as sa

from models import Notification
from models.base import now
from resolvers.values.identifiers import Identifier
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires


@requires(Notification="mark_read")
async def mark_notifications_read(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Mark a notification as read; with `and_earlier`, also the user's earlier ones in the same company."""
    newest = await work.lock_for_update(fields, "id", "Notification", "mark_read")
    work.errors.raise_if_any()
    read_at = newest.read_at or now()
    newest.read_at = read_at
    if fields.value("and_earlier"):
        earlier = sa.update(Notification).where(
            Notification.user_id == newest.user_id,
            Notification.company_id == newest.company_id,
            Notification.id < newest.id,  # ids increase with time
            Notification.read_at.is_(None),
        )
        await work.session.execute(earlier.values(read_at=read_at))
    return {"notification": Identifier("Notification", newest.id)}
