"""The worker's queue: which jobs run again after their worker stopped, and which don't."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from settings import Settings
from worker import LONGEST, STALLED, make_app, take_up

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
        (STALLED - 2, 1.0, True, "doing"),
        (STALLED + 1, 1.0, True, "todo"),
        (0.0, 1.0, False, "todo"),
        (0.0, 2 * LONGEST - 5, True, "doing"),
        (0.0, 2 * LONGEST + 1, True, "todo"),
    ],
    ids=["alive", "alive, if only just", "dead", "gone", "long", "longer than anything can last"],
)
async def test_jobs_of_a_dead_worker_run_again(
    engine: AsyncEngine, database_url: str, tmp_path: Path, silent: float, lasting: float, known: bool, status: str
) -> None:
    """A job runs again if its worker sends no heartbeat, is gone, or has exceeded the longest possible job."""
    settings = Settings(database_url=database_url, data_dir=tmp_path)
    async with engine.connect() as connection:
        await connection.execute(sa.text(JOB), {"silent": silent, "lasting": lasting, "known": known})
    async with make_app(engine, settings).open_async() as app:
        await take_up(app)
    async with engine.connect() as connection:
        found = await connection.scalar(sa.text("SELECT status::text FROM procrastinate.procrastinate_jobs"))

    assert status == found
