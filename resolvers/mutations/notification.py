"""What is done to notifications."""

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
    """Mark a notification as read, and if it is fields for those that the same user had been told before, of the same company."""
    newest = await work.lock_for_update(fields, "id", "Notification", "mark_read")
    work.errors.raise_if_any()
    read = newest.read_at or now()
    newest.read_at = read
    if fields.value("and_earlier"):
        earlier = sa.update(Notification).where(
            Notification.user_id == newest.user_id,
            Notification.company_id == newest.company_id,
            Notification.id < newest.id,  # keys grow with time
            Notification.read_at.is_(None),
        )
        await work.session.execute(earlier.values(read_at=read))
    return {"notification": Identifier("Notification", newest.id)}
