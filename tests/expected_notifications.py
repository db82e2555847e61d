"""Telling people in a test: as mutations and the operator's commands do it, in a transaction, and what then is in the outbox."""

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
    """Tells people over the database of one test."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction, as mutations have it."""
        return transaction(self._engine)

    async def maintenance(self, location: Location | None = None, title: str = "Sample") -> None:
        """The operator announces maintenance at a location, or everywhere."""
        where = everywhere() if location is None else at_location(location.name, location.key)
        async with self.transaction() as session:
            concerned = await affected_by_maintenance(session, await find_locations(session, where))
            await announce_maintenance(session, concerned, title, "Sample text.", MaintenanceWindow())

    async def security(self, whom: ColumnElement[bool]) -> None:
        """The operator announces a security event."""
        async with self.transaction() as session:
            await announce_security(session, await affected(session, whom), "Sample", "Sample text.")

    async def mails(self) -> Sequence[tuple[str, str, str]]:
        """What is in the outbox: recipient, subject and text, in the order in which it was written."""
        async with self._engine.connect() as connection:
            found = await connection.execute(sa.select(Mail.to_address, Mail.subject, Mail.body).order_by(Mail.id))
            return [(address, subject, body) for address, subject, body in found]
