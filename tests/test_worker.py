"""The worker's queue: whose work is taken up again, and whose is not."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from settings import Settings
from worker import JOB_TIMEOUT, STALLED_AFTER, make_app, requeue_stalled_jobs

JOB = """
    WITH worker AS (
        INSERT INTO procrastinate.procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => :silent)) RETURNING id
    ), job AS (
        INSERT INTO procrastinate.procrastinate_jobs (queue_name, task_name, status, worker_id)
        SELECT 'mails', 'send_mail', 'doing', CASE WHEN :known THEN id END FROM worker RETURNING id
    )
    INSERT INTO procrastinate.procrastinate_events (job_id, type, at)
    SELECT id, 'started', now() - make_interval(secs => :lasting) FROM job
"""


@pytest.mark.parametrize(
    ("silent", "lasting", "known", "status"),
    [
        (0.0, 1.0, True, "doing"),
        (STALLED_AFTER - 2, 1.0, True, "doing"),
        (STALLED_AFTER + 1, 1.0, True, "todo"),
        (0.0, 1.0, False, "todo"),
        (0.0, 2 * JOB_TIMEOUT - 5, True, "doing"),
        (0.0, 2 * JOB_TIMEOUT + 1, True, "todo"),
    ],
    ids=["alive", "alive, if only just", "dead", "gone", "long", "longer than anything can last"],
)
async def test_work_of_the_dead_is_taken_up(
    engine: AsyncEngine, database_url: str, tmp_path: Path, silent: float, lasting: float, known: bool, status: str
) -> None:
    """A job is done again if its worker gives no more signs of life, is gone, or cannot still be doing it."""
    settings = Settings(database_url=database_url, data_dir=tmp_path)
    async with engine.connect() as connection:
        await connection.execute(sa.text(JOB), {"silent": silent, "lasting": lasting, "known": known})
    async with make_app(engine, settings).open_async() as app:
        await requeue_stalled_jobs(app)
    async with engine.connect() as connection:
        found = await connection.scalar(sa.text("SELECT status::text FROM procrastinate.procrastinate_jobs"))

    assert status == found
