"""The outbox, for the worker and the development page: emails to send, with their delivery status."""

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
from models.mail import ERROR_LENGTH, OVER, MailStatus

MAX_ATTEMPTS: Final = 30  # about two and a half days, with the delays between them
RETENTION: Final = timedelta(days=30)  # after sending
LATEST_MAILS: Final = 100
COLUMNS: Final = (Mail.id, Mail.to_address, Mail.subject, Mail.body, Mail.attempts, Mail.status, Mail.created_at)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An email in the outbox."""

    id: UUID
    to_address: str
    subject: str
    body: str
    attempts: int
    status: MailStatus
    created_at: datetime


class MailRejected(Exception):
    """The email can never be sent. The message says why, in a few words without secrets."""


class MailDelayed(Exception):
    """The email can't be sent now. The message says why, in a few words without secrets."""


Send: TypeAlias = Callable[[Outgoing], Awaitable[None]]
"""Hands an email to a mail server. Raises MailRejected or MailDelayed."""


async def deliver(engine: AsyncEngine, send: Send | None, key: UUID) -> MailStatus | None:
    """Try once to send an email; without `send`, mark it KEPT. Return its new status, or None if it wasn't waiting.

    A process that ends between sending and recording sends again: emails are sent at least once, with the same Message-ID.
    Raises MailDelayed.
    """
    mail = await start_attempt(engine, key)
    if mail is None:
        return None
    if send is None:
        return await record_attempt(engine, key, MailStatus.KEPT)
    try:
        if mail.attempts > MAX_ATTEMPTS:
            raise MailRejected("every attempt was interrupted")
        await send(mail)
    except MailRejected as rejected:
        return await record_attempt(engine, key, MailStatus.FAILED, str(rejected))
    except MailDelayed as delayed:
        if mail.attempts == MAX_ATTEMPTS:
            return await record_attempt(engine, key, MailStatus.FAILED, str(delayed))
        await record_attempt(engine, key, MailStatus.WAITING, str(delayed))
        raise
    return await record_attempt(engine, key, MailStatus.SENT)


async def start_attempt(engine: AsyncEngine, key: UUID) -> Outgoing | None:
    """Count an attempt to send a waiting email, and return it. None if it's no longer waiting."""
    count_attempt = sa.update(Mail).where(Mail.id == key, Mail.status == MailStatus.WAITING).values(attempts=Mail.attempts + 1)
    async with engine.connect() as connection:
        row = (await connection.execute(count_attempt.returning(*COLUMNS))).one_or_none()
    return row and Outgoing(*row)


async def record_attempt(engine: AsyncEngine, key: UUID, status: MailStatus, error: str | None = None) -> MailStatus:
    """Record the result of an attempt to send a waiting email. Erase a confidential body that isn't needed any more."""
    waiting = sa.update(Mail).where(Mail.id == key, Mail.status == MailStatus.WAITING)
    sent_at = now() if status == MailStatus.SENT else None
    reason = error and error[:ERROR_LENGTH]
    body = {"body": sa.case((Mail.is_confidential, ""), else_=Mail.body)} if status in OVER else {}
    async with engine.connect() as connection:
        await connection.execute(waiting.values(status=status, last_error=reason, sent_at=sent_at, **body))
    return status


async def latest_mails(engine: AsyncEngine) -> Sequence[Outgoing]:
    """Return the LATEST_MAILS newest emails, newest first."""
    newest = sa.select(*COLUMNS).order_by(Mail.id.desc()).limit(LATEST_MAILS)
    async with engine.connect() as connection:
        return [Outgoing(*row) for row in await connection.execute(newest)]


async def purge_sent_mails(engine: AsyncEngine, _site_url: str) -> None:
    """Delete emails that were sent before RETENTION; failed ones stay. A scheduled job of the worker."""
    async with engine.connect() as connection:
        await connection.execute(sa.delete(Mail).where(Mail.sent_at < now() - RETENTION))
