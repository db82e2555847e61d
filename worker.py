"""The composition root of the worker, a separate process that sends emails and webhooks, writes exports and runs scheduled jobs.

Jobs are stored in PostgreSQL, in procrastinate's queue, which any number of workers share. If a worker is killed, another one
takes over its jobs a few seconds after its last heartbeat. Every job must therefore be safe to run twice.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import structlog
from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job
from sqlalchemy.ext.asyncio import AsyncEngine

from address import Address
from models.database import connect
from models.export import ExportStatus
from resolvers.notifying.outbox import Send, deliver
from resolvers.scheduled_jobs import SCHEDULED_JOBS, ScheduledJob
from settings import Settings
from telemetry import metrics, tracing
from transport.smtp import SmtpMailer

if TYPE_CHECKING:
    from server import Background

MAX_CONCURRENT_JOBS: Final = 5  # per worker
MAX_CONCURRENT_WEBHOOKS: Final = 10  # per worker; their own, so that slow receivers don't delay emails
MAILS_AND_CHORES: Final = ("mails", "chores")
WEBHOOKS: Final = ("webhooks",)
MAX_CONCURRENT_EXPORTS: Final = 2  # per worker; their own, so that long exports delay neither emails nor webhooks
EXPORTS: Final = ("exports",)
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
COUNT_INTERVAL: Final = 10.0  # seconds between two counts of the jobs, for metrics
COUNT_JOBS: Final = """
    SELECT queue_name AS queue, CASE
        WHEN status = 'doing' THEN 'running' WHEN status = 'failed' THEN 'failed'
        WHEN scheduled_at > now() THEN 'scheduled' ELSE 'due'
    END AS state, count(*) AS number, extract(epoch FROM now() - min(coalesce(
        scheduled_at, (SELECT min(at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'deferred')
    ))) AS seconds
    FROM procrastinate_jobs j WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2
"""
QUEUES: Final = (*MAILS_AND_CHORES, *WEBHOOKS, *EXPORTS)
STATES: Final = ("due", "scheduled", "running", "failed")

log = structlog.stdlib.get_logger("crossgate.worker")


class WorkerFailed(Exception):
    """The worker stopped unexpectedly, usually because the database became unavailable."""


class ExponentialBackoff(BaseRetryStrategy):
    """Retries with delays that double up to a maximum. The attempts per email and webhook are limited where they are recorded."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        """Return when to retry."""
        if (seconds := getattr(exception, "seconds", None)) is not None:  # a webhook's own delay
            return RetryDecision(retry_in={"seconds": math.ceil(seconds)})
        return RetryDecision(retry_in={"seconds": min(FIRST_RETRY_DELAY * 2 ** min(job.attempts, 20), MAX_RETRY_DELAY)})


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """Run jobs until `stop` is set, then finish the current ones. Raises WorkerFailed."""
    async with _open(settings) as (app, _engine):
        log.info("worker.started", mails="sent" if settings.smtp_url else "captured")
        tasks = [
            asyncio.ensure_future(app.run_worker_async(**_options(settings, MAILS_AND_CHORES))),
            asyncio.ensure_future(app.run_worker_async(**_options(settings, WEBHOOKS, MAX_CONCURRENT_WEBHOOKS))),
            asyncio.ensure_future(app.run_worker_async(**_options(settings, EXPORTS, MAX_CONCURRENT_EXPORTS))),
            asyncio.ensure_future(_requeue_periodically(app)),
            asyncio.ensure_future(_count_periodically(app)),
            asyncio.ensure_future(stop.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()  # procrastinate's worker finishes its current jobs on cancellation
            results = await asyncio.gather(*tasks, return_exceptions=True)
        if not stop.is_set():
            reason = next((str(error) for error in results if isinstance(error, Exception)), "")
            raise WorkerFailed(f"The worker stopped unexpectedly. {reason}".rstrip())
        log.info("worker.stopped")


async def work_once(settings: Settings) -> None:
    """Run each scheduled job once, send all due emails and webhooks, write all exports, then return."""
    async with _open(settings) as (app, engine):
        await requeue_stalled_jobs(app)
        for job in SCHEDULED_JOBS:
            await job.run(engine, settings.site_url)
        due = _options(settings, ("mails", *WEBHOOKS, *EXPORTS))
        await app.run_worker_async(**due, wait=False, listen_notify=False)


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[tuple[App, AsyncEngine]]:
    logging.getLogger("procrastinate").setLevel(logging.WARNING)  # lower levels log the responses of mail servers
    engine = connect(str(settings.database_url), MAX_CONCURRENT_JOBS)
    background = OpenedBackground(settings)
    try:
        async with make_app(engine, settings, background).open_async() as app:
            yield app, engine
    finally:
        await background.close()
        await engine.dispose()


class OpenedBackground:
    """What sends webhooks and writes exports. It takes seconds to build and many megabytes, so it's built when the first is due."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._building = asyncio.Lock()
        self._built: Background | None = None
        self._following: asyncio.Task[None] | None = None

    async def get(self) -> Background:
        """Return what sends webhooks and writes exports."""
        async with self._building:
            if self._built is None:
                self._built = await self._build()
            return self._built

    async def close(self) -> None:
        """Close all connections to the database."""
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following
        if self._built is not None:
            await self._built.webhooks.services.close()

    async def _build(self) -> Background:
        import server  # with all of the gateway, which most commands of the worker don't need
        from transport.webhooks import WebhookClient

        client = WebhookClient(local=self._settings.development)
        background = await asyncio.to_thread(server.make_background, self._settings, client)
        await background.webhooks.services.audit.start()
        if self._settings.development:
            self._following = asyncio.create_task(background.reloading.follow())
        return background


def make_app(engine: AsyncEngine, settings: Settings, background: OpenedBackground | None = None) -> App:
    """Build the queue's app, with tasks for emails, webhooks and exports and one for each scheduled job."""
    app = App(
        connector=PsycopgConnector(
            conninfo=Address.parse(settings.session_url).libpq("-c search_path=procrastinate"),
            min_size=1,
            max_size=MAX_CONCURRENT_JOBS + MAX_CONCURRENT_WEBHOOKS + MAX_CONCURRENT_EXPORTS + 3,
        )
    )
    send = SmtpMailer(settings.smtp_url, settings.mail_from) if settings.smtp_url else None

    @app.task(name="send_mail", queue="mails", retry=ExponentialBackoff())
    async def send_mail(mail_id: str) -> None:
        await _send(engine, send, UUID(mail_id))

    background = background or OpenedBackground(settings)
    _add_webhooks(app, background)
    _add_exports(app, background)
    for job in SCHEDULED_JOBS:
        _add(app, job, engine, settings)
    return app


def _add_webhooks(app: App, background: OpenedBackground) -> None:
    @app.task(name="spread_webhook_change", queue="webhooks", retry=ExponentialBackoff())
    async def spread_webhook_change(change_id: str) -> None:
        async with _running("webhooks", "spread_webhook_change"):
            number = await (await background.get()).webhooks.spread(UUID(change_id))
        log.debug("webhook.spread", deliveries=number)

    @app.task(name="send_webhook", queue="webhooks", retry=ExponentialBackoff())
    async def send_webhook(delivery_id: str) -> None:
        try:
            async with _running("webhooks", "send_webhook"):
                status = await (await background.get()).webhooks.deliver(UUID(delivery_id))
        except Exception:
            metrics.WEBHOOKS.child("delayed").value += 1
            raise
        if status is not None:
            metrics.WEBHOOKS.child(status.value.lower()).value += 1
            log.info(f"webhook.{status.value.lower()}", delivery_id=delivery_id)


def _add_exports(app: App, background: OpenedBackground) -> None:
    @app.task(name="write_export", queue="exports", retry=ExponentialBackoff())
    async def write_export(export_id: str) -> None:
        async with _running("exports", "write_export"):
            status = await (await background.get()).exports.write(UUID(export_id))
        if status is ExportStatus.RUNNING:
            await write_export.defer_async(export_id=export_id)
        if status in (ExportStatus.COMPLETED, ExportStatus.FAILED):
            metrics.EXPORTS.child(status.lower()).value += 1
            log.info(f"export.{status.lower()}", export_id=export_id)


async def _send(engine: AsyncEngine, send: Send | None, key: UUID) -> None:
    try:
        async with _running("mails", "send_mail"):
            status = await deliver(engine, send, key)
    except Exception as error:
        metrics.MAILS.child("delayed").value += 1
        log.warning("mail.delayed", mail_id=str(key), reason=type(error).__name__)
        raise
    if status is not None:
        metrics.MAILS.child(status.value.lower()).value += 1
        log.info(f"mail.{status.value.lower()}", mail_id=str(key))


def _add(app: App, job: ScheduledJob, engine: AsyncEngine, settings: Settings) -> None:
    @app.periodic(cron=job.cron)
    @app.task(name=job.name, queue="chores")
    async def do(timestamp: int) -> None:  # noqa: ARG001 (required by procrastinate)
        async with _running("chores", job.name):
            await job.run(engine, settings.site_url)
        log.debug("job.done", job=job.name)


@asynccontextmanager
async def _running(queue: str, name: str) -> AsyncIterator[None]:
    """Run a job within its time, and note how long it takes."""
    started, result = time.perf_counter(), "failed"
    try:
        with tracing.job(name):
            async with asyncio.timeout(JOB_TIMEOUT):
                yield
        result = "done"
    finally:
        metrics.JOB_SECONDS.child(queue, result).observe(time.perf_counter() - started)


async def requeue_stalled_jobs(app: App) -> None:
    """Requeue the jobs of dead workers, and jobs that have run longer than they can."""
    await app.connector.execute_query_async(REQUEUE_STALLED, stalled=STALLED_AFTER, lost=2 * JOB_TIMEOUT)


async def _requeue_periodically(app: App) -> None:
    while True:
        await requeue_stalled_jobs(app)
        await asyncio.sleep(HEARTBEAT)


async def _count_periodically(app: App) -> None:
    while True:
        await count_jobs(app)
        await asyncio.sleep(COUNT_INTERVAL)


async def count_jobs(app: App) -> None:
    """Count the jobs of all workers, for metrics."""
    rows = {(row["queue"], row["state"]): row for row in await app.connector.execute_query_all_async(COUNT_JOBS)}
    for queue in QUEUES:
        for state in STATES:
            metrics.JOBS.child(queue, state).value = rows.get((queue, state), {}).get("number", 0)
        seconds = rows.get((queue, "due"), {}).get("seconds") or 0
        metrics.JOB_DELAY_SECONDS.child(queue).value = float(seconds)


def _options(settings: Settings, queues: Sequence[str], concurrency: int = MAX_CONCURRENT_JOBS) -> dict[str, Any]:
    return {
        "queues": list(queues),
        "concurrency": concurrency,
        "delete_jobs": "successful",
        "fetch_job_polling_interval": HEARTBEAT,
        "update_heartbeat_interval": HEARTBEAT,
        "stalled_worker_timeout": STALLED_AFTER,
        "shutdown_graceful_timeout": settings.shutdown_timeout,
        "install_signal_handlers": False,
    }
