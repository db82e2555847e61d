"""Scheduled steps of rows: each due row takes its step in a transaction of its own, so one that fails doesn't hold up the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from models.base import now
from models.database import transaction
from models.lifecycle import Staged
from resolvers.writing.change_log import record_changes

BATCH: Final = 100  # rows that are found at a time

log = structlog.stdlib.get_logger("crossgate.jobs")
DueStep: TypeAlias = Callable[[AsyncSession, UUID], Awaitable[None]]
"""Takes the step of the row with this key, if it's still due."""
FinishStep: TypeAlias = Callable[[AsyncSession, Any], Awaitable[None]]
"""Does what belongs to the step that a row has just taken, such as notifying people."""


async def take_due_steps(engine: AsyncEngine, due: sa.Select[Any], action: str, step: DueStep) -> None:
    """Take a step for each key that `due` selects. `action` is its name in the audit log, where it has no actor."""
    (key_column,) = due.selected_columns
    tried: list[UUID] = []
    while keys := await _find(engine, due.where(key_column != sa.all_(sa.literal(tried, sa.ARRAY(sa.Uuid())))).limit(BATCH)):
        for key in keys:
            await _try_step(engine, key, action, step)
        tried += keys


async def take_overdue_steps(engine: AsyncEngine, model: type[Staged], action: str, finish: FinishStep) -> None:
    """Take the step that is due of each row of a model whose deadline has passed, the oldest first, and then do the rest.

    A row that someone is working on right now is left for the next run.
    """
    columns, deadline, overdue = model.__table__.c, model.LIFECYCLE.deadline, model.LIFECYCLE.due(model.__table__.c, now())
    assert deadline is not None  # noqa: S101 (of a lifecycle with a deadline)

    async def take(session: AsyncSession, key: UUID) -> None:
        query = sa.select(model).where(columns.id == key, overdue).with_for_update(skip_locked=True, key_share=True)
        row = await session.scalar(query)
        if row is not None:
            row.take_step(deadline.step)
            await finish(session, row)

    await take_due_steps(engine, sa.select(columns.id).where(overdue).order_by(columns[deadline.column]), action, take)


async def _try_step(engine: AsyncEngine, key: UUID, action: str, step: DueStep) -> None:
    """Take the step for one row, and log why it fails."""
    try:
        async with transaction(engine) as session:
            record_changes(session, action)
            await step(session, key)
    except Exception:
        log.exception("job.step_failed", job=action, key=str(key))


async def _find(engine: AsyncEngine, due: sa.Select[Any]) -> Sequence[UUID]:
    """Return the next keys that are due."""
    async with engine.connect() as connection:
        return (await connection.scalars(due)).all()
