"""The worker: which jobs are requeued and which aren't, and what one run of all jobs does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

import models
from settings import Settings
from telemetry import metrics
from tests.factory import Factory
from tests.free_port import free_port
from worker import JOB_TIMEOUT, STALLED_AFTER, count_jobs, make_app, requeue_stalled_jobs, work_once

JOB = """
    WITH worker AS (
        INSERT INTO procrastinate.procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => :silent)) RETURNING id
    ), job AS (
        INSERT INTO procrastinate.procrastinate_jobs (queue_name, task_name, status, worker_id)
        SELECT 'mails', 'send_mail', 'doing', CASE WHEN :has_worker THEN id END FROM worker RETURNING id
    )
    INSERT INTO procrastinate.procrastinate_events (job_id, type, at)
    SELECT id, 'started', now() - make_interval(secs => :lasting) FROM job
"""

QUEUED = """
    WITH job AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at) VALUES
            ('mails', 'send_mail', 'todo', now() - interval '50 seconds'), ('mails', 'send_mail', 'todo', NULL),
            ('mails', 'send_mail', 'todo', now() + interval '1 hour'), ('webhooks', 'send_webhook', 'doing', NULL),
            ('chores', 'remove_products', 'failed', NULL), ('chores', 'remove_products', 'cancelled', NULL)
        RETURNING id
    )
    INSERT INTO procrastinate_events (job_id, type, at)
    SELECT id, 'deferred', now() - interval '100 seconds' FROM job
"""


@pytest.mark.parametrize(
    ("silent", "lasting", "has_worker", "status"),
    [
        (0.0, 1.0, True, "doing"),
        (STALLED_AFTER - 2, 1.0, True, "doing"),
        (STALLED_AFTER + 1, 1.0, True, "todo"),
        (0.0, 1.0, False, "todo"),
        (0.0, 2 * JOB_TIMEOUT - 5, True, "doing"),
        (0.0, 2 * JOB_TIMEOUT + 1, True, "todo"),
    ],
    ids=["alive", "barely alive", "dead", "removed", "long job", "job beyond its timeout"],
)
async def test_jobs_of_dead_workers_are_requeued(
    engine: AsyncEngine, database_url: str, tmp_path: Path, silent: float, lasting: float, has_worker: bool, status: str
) -> None:
    """A job is requeued if its worker has stopped its heartbeat, is removed, or can't still be running it."""
    settings = Settings(database_url=database_url, data_dir=tmp_path)
    async with engine.connect() as connection:
        await connection.execute(sa.text(JOB), {"silent": silent, "lasting": lasting, "has_worker": has_worker})
    async with make_app(engine, settings).open_async() as app:
        await requeue_stalled_jobs(app)
    async with engine.connect() as connection:
        actual = await connection.scalar(sa.text("SELECT status::text FROM procrastinate.procrastinate_jobs"))

    assert status == actual


async def test_one_run_takes_every_step_that_is_due_V41(engine: AsyncEngine, database_url: str, tmp_path: Path) -> None:
    """`crossgate worker --once` expires offers, ends agreements, and removes products that nothing keeps."""
    factory, past = Factory(engine), date(2026, 1, 31)
    seller, buyer = await factory.company(), await factory.company()
    expired = await factory.offer(seller, [buyer], expires_on=past)
    ended = await factory.offer(seller, [buyer], status="ACCEPTED")
    await factory.agreement(ended, buyer, starts_on=date(2026, 1, 1), total_value=100, ends_on=past)
    await factory.product(seller, visibility="RESTRICTED", removal_at=factory.now)

    await work_once(Settings(database_url=database_url, data_dir=tmp_path, development=True))

    async with engine.connect() as connection:
        offers = dict((await connection.execute(sa.select(models.Offer.id, models.Offer.status))).all())
        agreements = (await connection.execute(sa.select(models.Agreement.status))).scalars().all()
        products = (await connection.execute(sa.select(models.Product.visibility))).scalars().all()
    assert ("EXPIRED", "ACCEPTED") == (offers[expired.key], offers[ended.key])
    assert ["ENDED"] == list(agreements)
    assert 1 == [*map(str, products)].count("REMOVED")


async def test_jobs_are_counted_by_queue_and_state(engine: AsyncEngine, database_url: str, tmp_path: Path) -> None:
    """Metrics have the jobs of all workers, and how long the oldest due one has waited since it was queued or planned."""
    async with make_app(engine, Settings(database_url=database_url, data_dir=tmp_path)).open_async() as app:
        await app.connector.execute_query_async(QUEUED)
        await count_jobs(app)

    counted = {labels: child.value for labels, child in metrics.JOBS.children.items() if child.value}
    waited = {labels: child.value for labels, child in metrics.JOB_DELAY_SECONDS.children.items()}
    assert {
        ("mails", "due"): 2,
        ("mails", "scheduled"): 1,
        ("webhooks", "running"): 1,
        ("chores", "failed"): 1,
    } == counted
    assert {("mails",): pytest.approx(100, abs=10), ("webhooks",): 0, ("chores",): 0, ("exports",): 0} == waited


async def test_queue_listens_at_the_url_without_a_pooler(engine: AsyncEngine, database_url: str, tmp_path: Path) -> None:
    """The queue needs connections that keep their session, so it doesn't use DATABASE_URL if there is another one for that."""
    pooler = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    settings = Settings(database_url=pooler, listen_url=database_url, data_dir=tmp_path)
    async with make_app(engine, settings).open_async() as app:
        jobs = await app.connector.execute_query_all_async("SELECT count(*) AS number FROM procrastinate_jobs")

    assert [{"number": 0}] == jobs
