"""`crossgate worker` sends each email at least once, whatever happens.

Tests use a real mail server, and a real process where the worker is stopped or killed, or its log is read.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from models import Mail
from models.notification import NotificationKind
from resolvers.notifying.notifications import Message, queue_mail
from tests.commands.process import CompletedCommand, crossgate, running
from tests.mailbox import PATIENCE, Mailbox, mail_server

JOBS = sa.text("SELECT count(*) FROM procrastinate.procrastinate_jobs")


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    """A mail server that accepts everything."""
    async with mail_server() as box:
        yield box


@asynccontextmanager
async def worker(
    data_dir: Path, database_url: str, box: Mailbox | None, *options: str, stderr: int = DEVNULL
) -> AsyncIterator[Process]:
    """Run a worker in a process of its own meanwhile."""
    async with running(data_dir, database_url, "worker", *options, variables=mailing(box), stderr=stderr) as process:
        yield process


async def work_once(data_dir: Path, database_url: str, box: Mailbox | None, *options: str) -> CompletedCommand:
    """Run all that is due in this process."""
    run = partial(crossgate, data_dir=data_dir, database_url=database_url, variables=mailing(box))
    return await asyncio.to_thread(run, "worker", "--once", *options)


def mailing(box: Mailbox | None) -> dict[str, str]:
    """Return the settings of a worker with a mail server."""
    return {"CROSSGATE_MAIL_FROM": "gateway@operator.example"} | ({"CROSSGATE_SMTP_URL": box.url} if box else {})


async def queue(engine: AsyncEngine, *addresses: str, title: str = "Sample", body: str = "Sample text.") -> None:
    """Queue an email to each address, in one transaction."""
    async with AsyncSession(engine.execution_options(isolation_level="READ COMMITTED")) as session, session.begin():
        for address in addresses:
            await queue_mail(session, NotificationKind.SECURITY, address, Message(title, body))


async def outbox(engine: AsyncEngine) -> Sequence[tuple[str, str, int, str | None]]:
    """Each email's address, status, attempts and last error."""
    rows = sa.select(Mail.to_address, Mail.status, Mail.attempts, Mail.last_error).order_by(Mail.id)
    async with engine.connect() as connection:
        return [(to, status, attempts, error) for to, status, attempts, error in await connection.execute(rows)]


async def settled_outbox(engine: AsyncEngine) -> Sequence[tuple[str, str, int, str | None]]:
    """The outbox once no email is waiting."""
    async with asyncio.timeout(PATIENCE):
        while "WAITING" in {status for _, status, _, _ in await outbox(engine)}:  # noqa: ASYNC110 (another process changes it)
            await asyncio.sleep(0.1)
    return await outbox(engine)


async def stop(process: Process) -> int:
    """Stop a worker and return its exit code."""
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE):
        return await process.wait()


async def test_mail_is_sent_as_it_was_written_X6(data_dir: Path, database_url: str, engine: AsyncEngine, box: Mailbox) -> None:
    """Mails queued before the worker starts and while it runs are sent. The worker stops cleanly."""
    await queue(engine, "first@sample.example", title="Grüße", body="Ein Text,\nmit zwei Zeilen: " + "lang " * 100)
    async with worker(data_dir, database_url, box) as process:
        await box.until(lambda: len(box.mails) == 1)
        await queue(engine, "second@sample.example")
        await box.until(lambda: len(box.mails) == 2)
        mails = await settled_outbox(engine)
        code = await stop(process)
    async with engine.connect() as connection:
        key = await connection.scalar(sa.select(Mail.id).order_by(Mail.id).limit(1))
        jobs = await connection.scalar(JOBS)

    first = box.mails[0]
    assert ["first@sample.example", "second@sample.example"] == box.to
    assert ("gateway@operator.example", "first@sample.example", "Grüße") == (first["From"], first["To"], first["Subject"])
    assert ("Ein Text,\nmit zwei Zeilen: " + "lang " * 100).strip() == first.get_content().replace("\r\n", "\n").strip()
    assert f"<{key}@operator.example>" == first["Message-ID"]
    assert [(address, "SENT", 1, None) for address in box.to] == mails
    assert (0, 0) == (code, jobs)


async def test_delayed_mail_is_sent_later_X6(data_dir: Path, database_url: str, engine: AsyncEngine, box: Mailbox) -> None:
    """After a temporary refusal of the recipient or the email, it is sent again with the same id."""
    box.rcpt["greylisted@sample.example"].append("450 try again later")
    box.rcpt["busy@sample.example"].append("451 busy")
    await queue(engine, "greylisted@sample.example", "busy@sample.example")
    async with worker(data_dir, database_url, box):
        mails = await settled_outbox(engine)

    assert [("greylisted@sample.example", "SENT", 2, None), ("busy@sample.example", "SENT", 2, None)] == mails
    assert 2 == len(set(box.ids)) == len(box.mails)


async def test_mail_waits_for_an_unreachable_server_X6(data_dir: Path, database_url: str, engine: AsyncEngine) -> None:
    """While the mail server is unreachable, emails wait with the reason."""
    async with mail_server() as gone:
        pass
    await queue(engine, "a@sample.example")
    async with worker(data_dir, database_url, gone, "--once") as process:
        code = await process.wait()
        before = await outbox(engine)
    async with mail_server() as back, worker(data_dir, database_url, back):
        after = await settled_outbox(engine)

    assert 0 == code
    assert [("a@sample.example", "WAITING", 1, "the mail server cannot be reached: SMTPConnectError")] == before
    assert [("a@sample.example", "SENT", 2, None)] == after


async def test_rejected_mail_fails_and_others_are_sent_X6(
    data_dir: Path, database_url: str, engine: AsyncEngine, box: Mailbox
) -> None:
    """A permanent refusal fails only that email, with the reason. Invalid addresses are never sent to the server."""
    box.rcpt["nobody@sample.example"].append("550 no such user here")
    await queue(
        engine, "nobody@sample.example", "somebody@sample.example", "no address", "two@sample.example, more@sample.example"
    )
    done = await work_once(data_dir, database_url, box)

    unusable = "the address is not valid in a mail header"
    assert 0 == done.returncode
    assert ["somebody@sample.example"] == box.to
    assert [
        ("nobody@sample.example", "FAILED", 1, "550 no such user here"),
        ("somebody@sample.example", "SENT", 1, None),
        ("no address", "FAILED", 1, unusable),
        ("two@sample.example, more@sample.example", "FAILED", 1, unusable),
    ] == await outbox(engine)


async def test_no_header_can_be_injected_into_a_mail_X6(
    data_dir: Path, database_url: str, engine: AsyncEngine, box: Mailbox
) -> None:
    """Line breaks become spaces in a title, reject the email in an address, and stay text in a body."""
    title = "Hello\r\nBcc: victim@sample.example\n\nSmuggled\x00\x0b\u2028text"
    await queue(
        engine, "a@sample.example", title=title, body="Bcc: victim@sample.example\n.\nRCPT TO:<victim@sample.example>\n"
    )
    await queue(engine, "a@sample.example\r\nBcc: victim@sample.example")
    await work_once(data_dir, database_url, box)

    (mail,) = box.mails
    assert ["a@sample.example"] == box.to
    assert "Hello Bcc: victim@sample.example Smuggled text" == mail["Subject"]
    assert {"from", "to", "subject", "date", "message-id", "auto-submitted"} <= {name.lower() for name in mail}
    assert mail["Bcc"] is None
    assert ["SENT", "FAILED"] == [status for _, status, _, _ in await outbox(engine)]


async def test_killed_worker_loses_no_mail_X6(data_dir: Path, database_url: str, engine: AsyncEngine, box: Mailbox) -> None:
    """After a kill in the middle of sending, a new worker sends all remaining emails with the same ids."""
    addresses = [f"user{number}@sample.example" for number in range(12)]
    await queue(engine, *addresses)
    box.seconds = 0.3
    async with worker(data_dir, database_url, box) as process:
        await box.until(lambda: len(box.mails) >= 7)
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    interrupted = [status for _, status, _, _ in await outbox(engine)].count("WAITING")
    box.seconds = 0
    async with worker(data_dir, database_url, box):
        mails = await settled_outbox(engine)

    assert interrupted > 0
    assert set(addresses) == set(box.to)
    assert len(addresses) == len(set(box.ids))
    assert {"SENT"} == {status for _, status, _, _ in mails}


async def test_several_workers_share_the_work_X6(data_dir: Path, database_url: str, engine: AsyncEngine, box: Mailbox) -> None:
    """Two workers send each email once. If one is killed, the other sends its emails."""
    addresses = [f"user{number}@sample.example" for number in range(30)]
    box.seconds = 0.1
    async with worker(data_dir, database_url, box) as first, worker(data_dir, database_url, box):
        await queue(engine, *addresses)
        await box.until(lambda: len(box.mails) >= 10)
        first.kill()
        mails = await settled_outbox(engine)

    assert set(addresses) == set(box.to)
    assert {"SENT"} == {status for _, status, _, _ in mails}
    assert len(box.mails) <= len(addresses) + 5  # the killed worker's emails in progress


async def test_stopping_worker_finishes_its_mail_X6(
    data_dir: Path, database_url: str, engine: AsyncEngine, box: Mailbox
) -> None:
    """Stopping sends no email twice and leaves none half-sent."""
    box.seconds = 1.0
    await queue(engine, "a@sample.example")
    async with worker(data_dir, database_url, box) as process:
        await box.until(lambda: len(box.mails) == 1)
        code = await stop(process)

    assert 0 == code
    assert [("a@sample.example", "SENT", 1, None)] == await outbox(engine)


async def test_development_captures_mails_without_a_server_X6(data_dir: Path, database_url: str, engine: AsyncEngine) -> None:
    """The emails are done and stay where the mail page finds them."""
    await queue(engine, "a@sample.example")
    done = await work_once(data_dir, database_url, None, "--development")

    assert 0 == done.returncode
    assert [("a@sample.example", "KEPT", 1, None)] == await outbox(engine)


async def test_log_has_neither_addresses_nor_texts(
    data_dir: Path, database_url: str, engine: AsyncEngine, box: Mailbox
) -> None:
    """The worker's log identifies emails by id only."""
    box.rcpt["refused@sample.example"].append("550 refused@sample.example is unknown")
    box.rcpt["later@sample.example"].append("450 later@sample.example is busy")
    await queue(engine, "a@sample.example", "refused@sample.example", "later@sample.example", title="Title", body="Secret")
    async with worker(data_dir, database_url, box, "--once", stderr=PIPE) as process:
        assert process.stderr
        log = (await process.stderr.read()).decode()
        await process.wait()

    assert "mail.sent" in log
    assert "mail.failed" in log
    assert "mail.delayed" in log
    assert [] == [word for word in ("sample.example", "Title", "Secret") if word in log]


def test_worker_needs_a_mail_server_outside_development(data_dir: Path, database_url: str) -> None:
    """Without a mail server, the worker doesn't start and says what to do."""
    done = crossgate("worker", data_dir=data_dir, database_url=database_url)

    assert (1, "") == (done.returncode, done.stdout)
    assert "crossgate: No mail server is configured: set CROSSGATE_SMTP_URL" in done.stderr


@pytest.mark.parametrize(
    "url", ["http://mail.example", "smtp://", "smtp://user:swordfish@:25", "smtps://mail.example:swordfish"]
)
def test_invalid_mail_server_is_named_without_its_secrets(data_dir: Path, url: str) -> None:
    """The message names the setting and shows nothing of its value."""
    done = crossgate("worker", data_dir=data_dir, variables={"CROSSGATE_SMTP_URL": url})

    assert 1 == done.returncode
    assert "CROSSGATE_SMTP_URL: must be a mail server such as" in done.stderr
    assert "swordfish" not in done.stderr
