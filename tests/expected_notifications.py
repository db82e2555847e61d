"""Announcements in a test: sent in a transaction, as the operator's commands do it, then read from the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from models import Mail
from models.database import transaction
from resolvers.notifying.announcements import (
    affected,
    affected_by_maintenance,
    announce_maintenance,
    announce_security,
    at_location,
    everywhere,
    find_locations,
)
from resolvers.notifying.message_templates import MaintenanceWindow
from tests.factory import Location


class Announcer:
    """Sends announcements over the database of one test."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction, as mutations do."""
        return transaction(self._engine)

    async def maintenance(self, location: Location | None = None, title: str = "Sample") -> None:
        """Announce maintenance at a location, or everywhere."""
        where = everywhere() if location is None else at_location(location.name, location.key)
        async with self.transaction() as session:
            recipients = await affected_by_maintenance(session, await find_locations(session, where))
            await announce_maintenance(session, recipients, title, "Sample text.", MaintenanceWindow())

    async def security(self, condition: ColumnElement[bool]) -> None:
        """Announce a security event to the affected users."""
        async with self.transaction() as session:
            await announce_security(session, await affected(session, condition), "Sample", "Sample text.")

    async def mails(self) -> Sequence[tuple[str, str, str]]:
        """Return the emails in the outbox in order: recipient, subject and text."""
        async with self._engine.connect() as connection:
            found = await connection.execute(sa.select(Mail.to_address, Mail.subject, Mail.body).order_by(Mail.id))
            return [(address, subject, body) for address, subject, body in found]
