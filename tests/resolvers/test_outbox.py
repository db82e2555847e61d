"""Outbox: the result of each attempt to send an email, and how long emails are stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Mail
from models.base import now
from resolvers.notifying.outbox import MAX_ATTEMPTS, RETENTION, MailDelayed, deliver, purge_sent_mails
from resolvers.scheduled_jobs import SCHEDULED_JOBS
from tests.mailbox import mail_server
from tests.models.factory import add
from transport.smtp import SmtpMailer

SENDER = "gateway@operator.example"


async def add_mail(engine: AsyncEngine, **values: Any) -> UUID:
    """Add an email to the outbox."""
    facts = {"to_address": "user@sample.example", "subject": "Sample", "body": "Sample", "kind": "SECURITY", **values}
    async with engine.connect() as connection:
        return UUID(str(await add(connection, Mail, **facts)))


async def stored(engine: AsyncEngine, key: UUID) -> tuple[str, int, str | None]:
    """Return an email's status, attempts and last error."""
    async with engine.connect() as connection:
        row = (await connection.execute(sa.select(Mail.status, Mail.attempts, Mail.last_error).where(Mail.id == key))).one()
        return row.status, row.attempts, row.last_error


async def test_finished_mail_is_not_sent_again_X6(engine: AsyncEngine) -> None:
    """An email is sent only while it is waiting, whatever the queue contains."""
    key = await add_mail(engine)
    async with mail_server() as box:
        outcomes = [await deliver(engine, SmtpMailer(box.url, SENDER), key) for _ in range(2)]

    assert ["SENT", None] == outcomes
    assert 1 == len(box.mails)
    assert ("SENT", 1, None) == await stored(engine, key)


@pytest.mark.parametrize(("before", "status"), [(0, "WAITING"), (MAX_ATTEMPTS - 2, "WAITING"), (MAX_ATTEMPTS - 1, "FAILED")])
async def test_attempts_are_bounded_X6(engine: AsyncEngine, before: int, status: str) -> None:
    """A delayed email waits; after the last attempt it has failed, with the reason."""
    key = await add_mail(engine, attempts=before)
    async with mail_server() as box:
        box.rcpt["user@sample.example"].append("450 later")
        if status == "WAITING":
            with pytest.raises(MailDelayed, match="450 later"):
                await deliver(engine, SmtpMailer(box.url, SENDER), key)
        else:
            await deliver(engine, SmtpMailer(box.url, SENDER), key)

    assert (status, before + 1, "450 later") == await stored(engine, key)


async def test_mail_that_kills_workers_fails_in_the_end_X6(engine: AsyncEngine) -> None:
    """An email whose attempts were all interrupted is not retried forever."""
    key = await add_mail(engine, attempts=MAX_ATTEMPTS)
    async with mail_server() as box:
        await deliver(engine, SmtpMailer(box.url, SENDER), key)

    assert [] == box.mails
    assert ("FAILED", MAX_ATTEMPTS + 1, "every attempt was interrupted") == await stored(engine, key)


async def test_old_sent_mails_are_purged(engine: AsyncEngine) -> None:
    """Emails sent long ago are deleted; failed, waiting and recently sent ones stay."""
    old, lately = now() - RETENTION - timedelta(minutes=1), now() - RETENTION + timedelta(minutes=1)
    await add_mail(engine, status="SENT", sent_at=old, created_at=old)
    left = [
        await add_mail(engine, status="SENT", sent_at=lately, created_at=lately),
        await add_mail(engine, status="FAILED", created_at=old),
        await add_mail(engine, created_at=old),
    ]

    await purge_sent_mails(engine, "http://localhost")

    async with engine.connect() as connection:
        assert left == (await connection.scalars(sa.select(Mail.id).order_by(Mail.id))).all()


def test_scheduled_jobs_have_unique_names() -> None:
    """The queue identifies jobs by name."""
    assert len(SCHEDULED_JOBS) == len({job.name for job in SCHEDULED_JOBS})
