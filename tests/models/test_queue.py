"""The job queue: its schema is the package's, and an email becomes a job in the transaction that inserts it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models import Mail
from tests.models.factory import add

COPY = Path(__file__).parents[2] / "models" / "migrations" / "procrastinate_3_10.sql"
JOBS = sa.text("SELECT queue_name, task_name, args->>'mail_id', status::text FROM procrastinate.procrastinate_jobs ORDER BY id")
MAIL = {"to_address": "a@sample.example", "subject": "Sample", "body": "Sample", "kind": "SECURITY"}


async def jobs(connection: AsyncConnection) -> list[tuple[str, ...]]:
    """Return the queued jobs."""
    return [tuple(row) for row in await connection.execute(JOBS)]


def test_queue_schema_matches_the_package() -> None:
    """The migration's copy is what the installed package expects. A newer package needs a migration."""
    package = files("procrastinate").joinpath("sql", "schema.sql").read_text("utf-8")

    assert package == COPY.read_text("utf-8").split("\n", 3)[3]


async def test_mail_is_queued_in_its_own_transaction(engine: AsyncEngine) -> None:
    """Committed emails have one job each, and a rolled-back email has none."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        async with connection.begin() as undone:
            await add(connection, Mail, **MAIL)
            await undone.rollback()
        async with connection.begin():
            keys = (await connection.scalars(sa.insert(Mail).returning(Mail.id), [MAIL, MAIL])).all()
        queued = await jobs(connection)

    assert [("mails", "send_mail", str(key), "todo") for key in sorted(keys)] == queued
