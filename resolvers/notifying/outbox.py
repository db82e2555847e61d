"""The outbox as the worker and the development page see it: what is to be sent, and what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Mail
from models.base import now
from models.mail import ERROR_LENGTH, MailStatus

MAX_ATTEMPTS: Final = 30  # with the waits between them, some two and a half days
RETENTION: Final = timedelta(days=30)  # after a mail was sent
LATEST_MAILS: Final = 100
COLUMNS: Final = (Mail.id, Mail.to_address, Mail.subject, Mail.body, Mail.attempts, Mail.status, Mail.created_at)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail of the outbox."""

    id: UUID
    to_address: str
    subject: str
    body: str
    attempts: int
    status: MailStatus
    created_at: datetime


class MailRejected(Exception):
    """A mail can never be sent. Says why, in a few words without secrets."""


class MailDelayed(Exception):
    """A mail cannot be sent now. Says why, in a few words without secrets."""


Send: TypeAlias = Callable[[Outgoing], Awaitable[None]]
"""Hands a mail to a mail server. Raises Refused or Delayed."""


async def deliver(engine: AsyncEngine, send: Send | None, key: UUID) -> MailStatus | None:
    """Make one attempt at a mail; without `send` it is kept. What became of it, None if it did not wait. Raises Delayed.

    A process that ends between sending and noting it sends again: each mail goes out at least once, under the same Message-ID.
    """
    mail = await start_attempt(engine, key)
    if mail is None:
        return None
    if send is None:
        return await record_attempt(engine, key, MailStatus.KEPT)
    try:
        if mail.attempts > MAX_ATTEMPTS:
            raise MailRejected("every attempt was broken off")
        await send(mail)
    except MailRejected as refused:
        return await record_attempt(engine, key, MailStatus.FAILED, str(refused))
    except MailDelayed as delayed:
        if mail.attempts == MAX_ATTEMPTS:
            return await record_attempt(engine, key, MailStatus.FAILED, str(delayed))
        await record_attempt(engine, key, MailStatus.WAITING, str(delayed))
        raise
    return await record_attempt(engine, key, MailStatus.SENT)


async def start_attempt(engine: AsyncEngine, key: UUID) -> Outgoing | None:
    """Count one more attempt at a mail that waits; None for one that does not wait any more."""
    counted = sa.update(Mail).where(Mail.id == key, Mail.status == MailStatus.WAITING).values(attempts=Mail.attempts + 1)
    async with engine.connect() as connection:
        found = (await connection.execute(counted.returning(*COLUMNS))).one_or_none()
    return found and Outgoing(*found)


async def record_attempt(engine: AsyncEngine, key: UUID, status: MailStatus, error: str | None = None) -> MailStatus:
    """Note what became of a mail that waits."""
    waiting = sa.update(Mail).where(Mail.id == key, Mail.status == MailStatus.WAITING)
    sent_at = now() if status == MailStatus.SENT else None
    reason = error and error[:ERROR_LENGTH]
    async with engine.connect() as connection:
        await connection.execute(waiting.values(status=status, last_error=reason, sent_at=sent_at))
    return status


async def latest_mails(engine: AsyncEngine) -> Sequence[Outgoing]:
    """The newest mails, newest first."""
    newest = sa.select(*COLUMNS).order_by(Mail.id.desc()).limit(LATEST_MAILS)
    async with engine.connect() as connection:
        return [Outgoing(*row) for row in await connection.execute(newest)]


async def purge_sent_mails(engine: AsyncEngine, _public_url: str) -> None:
    """Delete mails that were sent a while ago; those that failed stay."""
    async with engine.connect() as connection:
        await connection.execute(sa.delete(Mail).where(Mail.sent_at < now() - RETENTION))
