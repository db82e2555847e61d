"""The composition root of the worker: it sends what the outbox holds and does the chores, in a process of its own.

Work waits in PostgreSQL, in procrastinate's queue. Any number of workers share it. What a worker was doing when it was killed is
taken up by another one, or by the next, a few seconds after its last heartbeat; so all work has to bear being done twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import structlog
from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job
from sqlalchemy.ext.asyncio import AsyncEngine

from address import Address
from models.database import connect
from resolvers.notifying.outbox import Send, deliver
from resolvers.scheduled_jobs import SCHEDULED_JOBS, ScheduledJob
from settings import Settings
from transport.smtp import SmtpMailer

MAX_CONCURRENT_JOBS: Final = 5  # pieces of work
HEARTBEAT: Final = 2.0  # seconds between two signs of life, and between two looks for work
STALLED_AFTER: Final = 8.0  # seconds after the last sign of life for which a worker is believed to live
JOB_TIMEOUT: Final = 300.0  # seconds for a piece of work
FIRST_RETRY_DELAY: Final = 2  # seconds before the second attempt; doubled for each further one
MAX_RETRY_DELAY: Final = 3 * 60 * 60
REQUEUE_STALLED: Final = """
    UPDATE procrastinate_jobs j SET status = 'todo', worker_id = NULL, abort_requested = FALSE
    WHERE status = 'doing' AND (
        NOT EXISTS (
            SELECT FROM procrastinate_workers w
            WHERE w.id = j.worker_id AND w.last_heartbeat > now() - make_interval(secs => %(stalled)s)
        )
        OR (SELECT max(at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'started')
            < now() - make_interval(secs => %(lost)s)
    )
"""

log = structlog.stdlib.get_logger("crossgate.worker")


class WorkerFailed(Exception):
    """The worker stopped though nobody told it to, most often because the database went away."""


class ExponentialBackoff(BaseRetryStrategy):
    """Tries again later, after waits that double up to a bound; the outbox itself bounds the attempts at a mail."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:  # noqa: ARG002 (whatever it was)
        """When to try again."""
        return RetryDecision(retry_in={"seconds": min(FIRST_RETRY_DELAY * 2 ** min(job.attempts, 20), MAX_RETRY_DELAY)})


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """Work until told to stop, then finish what is under way. Raises WorkerFailed."""
    async with _opened(settings) as (app, _engine):
        log.info("worker.started", mails="sent" if settings.smtp_url else "kept")
        running = asyncio.ensure_future(app.run_worker_async(**_options(settings)))
        taking_up = asyncio.ensure_future(_keep_taking_up(app))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait([running, taking_up, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (running, taking_up, stopping):
                task.cancel()  # to procrastinate's worker this says: finish what you are doing
            broken = await asyncio.gather(running, taking_up, stopping, return_exceptions=True)
        if not stop.is_set():
            why = next((str(error) for error in broken if isinstance(error, Exception)), "")
            raise WorkerFailed(f"The worker has stopped by itself. {why}".rstrip())
        log.info("worker.stopped")


async def work_once(settings: Settings) -> None:
    """Do each chore once and send whatever is due, then end."""
    async with _opened(settings) as (app, engine):
        await requeue_stalled_jobs(app)
        for chore in SCHEDULED_JOBS:
            await chore.run(engine, settings.public_url)
        await app.run_worker_async(**_options(settings), wait=False, listen_notify=False, queues=["mails"])


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[tuple[App, AsyncEngine]]:
    logging.getLogger("procrastinate").setLevel(logging.WARNING)  # below that it quotes what mail servers answer
    engine = connect(str(settings.database_url), MAX_CONCURRENT_JOBS)
    try:
        async with make_app(engine, settings).open_async() as app:
            yield app, engine
    finally:
        await engine.dispose()


def make_app(engine: AsyncEngine, settings: Settings) -> App:
    """The queue and what is done for each job of it."""
    app = App(
        connector=PsycopgConnector(
            conninfo=Address.parse(str(settings.database_url)).libpq("-c search_path=procrastinate"),
            min_size=1,
            max_size=MAX_CONCURRENT_JOBS + 2,
        )
    )
    send = SmtpMailer(settings.smtp_url, settings.mail_from) if settings.smtp_url else None

    @app.task(name="send_mail", queue="mails", retry=ExponentialBackoff())
    async def send_mail(mail_id: str) -> None:
        await _send(engine, send, UUID(mail_id))

    for chore in SCHEDULED_JOBS:
        _add(app, chore, engine, settings)
    return app


async def _send(engine: AsyncEngine, send: Send | None, key: UUID) -> None:
    try:
        async with asyncio.timeout(JOB_TIMEOUT):
            became = await deliver(engine, send, key)
    except Exception as error:
        log.warning("mail.delayed", mail_id=str(key), reason=type(error).__name__)
        raise
    if became is not None:
        log.info(f"mail.{became.value.lower()}", mail_id=str(key))


def _add(app: App, chore: ScheduledJob, engine: AsyncEngine, settings: Settings) -> None:
    @app.periodic(cron=chore.cron)
    @app.task(name=chore.name, queue="chores")
    async def do(timestamp: int) -> None:  # noqa: ARG001 (when it was due)
        async with asyncio.timeout(JOB_TIMEOUT):
            await chore.run(engine, settings.public_url)
        log.info("chore.done", chore=chore.name)


async def requeue_stalled_jobs(app: App) -> None:
    """Have done again what workers were doing that live no more, and what lasts longer than it can."""
    await app.connector.execute_query_async(REQUEUE_STALLED, stalled=STALLED_AFTER, lost=2 * JOB_TIMEOUT)


async def _keep_taking_up(app: App) -> None:
    while True:
        await requeue_stalled_jobs(app)
        await asyncio.sleep(HEARTBEAT)


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "concurrency": MAX_CONCURRENT_JOBS,
        "delete_jobs": "successful",
        "fetch_job_polling_interval": HEARTBEAT,
        "update_heartbeat_interval": HEARTBEAT,
        "stalled_worker_timeout": STALLED_AFTER,
        "shutdown_graceful_timeout": settings.shutdown_timeout,
        "install_signal_handlers": False,
    }
