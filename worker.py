"""The composition root of the worker, a separate process that sends the outbox's emails and runs scheduled jobs.

Jobs are stored in PostgreSQL, in procrastinate's queue, which any number of workers share. If a worker is killed, another one
takes over its jobs a few seconds after its last heartbeat. Every job must therefore be safe to run twice.
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

MAX_CONCURRENT_JOBS: Final = 5  # per worker
HEARTBEAT: Final = 2.0  # seconds between two heartbeats, and between two polls for jobs
STALLED_AFTER: Final = 8.0  # seconds without a heartbeat until a worker counts as dead
JOB_TIMEOUT: Final = 300.0  # seconds for one job
FIRST_RETRY_DELAY: Final = 2  # seconds before the second attempt; doubled for each later one
MAX_RETRY_DELAY: Final = 3 * 60 * 60  # seconds
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
    """The worker stopped unexpectedly, usually because the database became unavailable."""


class ExponentialBackoff(BaseRetryStrategy):
    """Retries with delays that double up to a maximum. The outbox itself limits the attempts per mail."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:  # noqa: ARG002 (the same for every error)
        """Return when to retry."""
        return RetryDecision(retry_in={"seconds": min(FIRST_RETRY_DELAY * 2 ** min(job.attempts, 20), MAX_RETRY_DELAY)})


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """Run jobs until `stop` is set, then finish the current ones. Raises WorkerFailed."""
    async with _open(settings) as (app, _engine):
        log.info("worker.started", mails="sent" if settings.smtp_url else "captured")
        running = asyncio.ensure_future(app.run_worker_async(**_options(settings)))
        requeuing = asyncio.ensure_future(_requeue_periodically(app))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait([running, requeuing, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (running, requeuing, stopping):
                task.cancel()  # procrastinate's worker finishes its current jobs on cancellation
            results = await asyncio.gather(running, requeuing, stopping, return_exceptions=True)
        if not stop.is_set():
            reason = next((str(error) for error in results if isinstance(error, Exception)), "")
            raise WorkerFailed(f"The worker stopped unexpectedly. {reason}".rstrip())
        log.info("worker.stopped")


async def work_once(settings: Settings) -> None:
    """Run each scheduled job once, send all due emails, then return."""
    async with _open(settings) as (app, engine):
        await requeue_stalled_jobs(app)
        for job in SCHEDULED_JOBS:
            await job.run(engine, settings.site_url)
        await app.run_worker_async(**_options(settings), wait=False, listen_notify=False, queues=["mails"])


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[tuple[App, AsyncEngine]]:
    logging.getLogger("procrastinate").setLevel(logging.WARNING)  # lower levels log the responses of mail servers
    engine = connect(str(settings.database_url), MAX_CONCURRENT_JOBS)
    try:
        async with make_app(engine, settings).open_async() as app:
            yield app, engine
    finally:
        await engine.dispose()


def make_app(engine: AsyncEngine, settings: Settings) -> App:
    """Build the queue's app, with a task for emails and one for each scheduled job."""
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

    for job in SCHEDULED_JOBS:
        _add(app, job, engine, settings)
    return app


async def _send(engine: AsyncEngine, send: Send | None, key: UUID) -> None:
    try:
        async with asyncio.timeout(JOB_TIMEOUT):
            status = await deliver(engine, send, key)
    except Exception as error:
        log.warning("mail.delayed", mail_id=str(key), reason=type(error).__name__)
        raise
    if status is not None:
        log.info(f"mail.{status.value.lower()}", mail_id=str(key))


def _add(app: App, job: ScheduledJob, engine: AsyncEngine, settings: Settings) -> None:
    @app.periodic(cron=job.cron)
    @app.task(name=job.name, queue="chores")
    async def do(timestamp: int) -> None:  # noqa: ARG001 (required by procrastinate)
        async with asyncio.timeout(JOB_TIMEOUT):
            await job.run(engine, settings.site_url)
        log.debug("job.done", job=job.name)


async def requeue_stalled_jobs(app: App) -> None:
    """Requeue the jobs of dead workers, and jobs that have run longer than they can."""
    await app.connector.execute_query_async(REQUEUE_STALLED, stalled=STALLED_AFTER, lost=2 * JOB_TIMEOUT)


async def _requeue_periodically(app: App) -> None:
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
