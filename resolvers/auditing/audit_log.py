"""The audit log: one background task writes denials and reads in batches; all other events are written at once.

Similar events of one batch (same viewer, operation and policy) become one row with added-up counts. The queue is bounded: while the
database is down, requests wait, so no event is lost. A process that is killed loses its last batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

import structlog
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid6 import uuid7

from models import AuditEvent
from models.audit_event import AuditKind
from models.base import now

FLUSH_INTERVAL: Final = 1.0  # seconds between batches
MAX_PENDING: Final = 10_000  # rows
MIN_RETRY_DELAY: Final = 0.1  # seconds before the next attempt; each failure doubles the delay
MAX_RETRY_DELAY: Final = 5.0
SHUTDOWN_TIMEOUT: Final = 5.0  # seconds to write the last batch
INSERT: Final = postgresql.insert(AuditEvent).on_conflict_do_nothing()  # a failed attempt may have committed

log = structlog.stdlib.get_logger("crossgate.audit")


class AuditSubject(NamedTuple):
    """What is counted: a type, with the field or the action, and the reason if it was denied."""

    type: str
    field: str | None = None
    action: str | None = None
    reason: str | None = None


Counts: TypeAlias = dict[AuditSubject, int]


class AuditEventKey(NamedTuple):
    """The columns that events must share to become one row."""

    kind: AuditKind
    company_id: UUID | None
    user_id: UUID | None
    external_user: str | None
    actor_company_id: UUID | None
    as_user_id: UUID | None
    as_company_id: UUID | None
    operation_name: str | None
    operation_hash: str | None
    policy_hash: str


@dataclass(slots=True)
class PendingEvent:
    """A row that isn't written yet: its counts, how many requests it covers, and when the first one was."""

    request_id: str | None
    counts: Counts = field(default_factory=dict)
    requests: int = 0
    at: datetime = field(default_factory=now)

    def row(self, key: AuditEventKey) -> dict[str, Any]:
        """Return the columns of the row."""
        counts = [
            {**{name: text for name, text in subject._asdict().items() if text}, "count": count}
            for subject, count in self.counts.items()
        ]
        columns = {"request_id": self.request_id, "requests": self.requests, "at": self.at, "counts": counts or None}
        return {"id": uuid7(), **key._asdict(), **columns}


def add_counts(counts: Counts, more: Mapping[AuditSubject, int]) -> None:
    """Add `more` to `counts`, in place."""
    for subject, count in more.items():
        counts[subject] = counts.get(subject, 0) + count


class AuditLog:
    """Writes events between `start` and `close`. The gateway serves no requests outside of that time."""

    def __init__(self, engine: AsyncEngine, *, flush_interval: float = FLUSH_INTERVAL, max_pending: int = MAX_PENDING) -> None:
        self._engine = engine
        self.flush_interval = flush_interval
        self._max_pending = max_pending
        self._pending: dict[AuditEventKey, PendingEvent] = {}
        self._batch: list[dict[str, Any]] = []  # no longer pending, but possibly not written yet
        self._has_pending = asyncio.Event()
        self._has_room = asyncio.Event()
        self._writing = asyncio.Lock()
        self._writer: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """True between `start` and `close`."""
        return self._writer is not None

    @property
    def pending(self) -> int:
        """The number of events that wait to be written."""
        return len(self._pending) + len(self._batch)

    async def start(self) -> None:
        """Start the background task. Doesn't wait for the database, which may start after the gateway."""
        self._writer = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Write all pending events and stop."""
        if self._writer is None:
            return
        self._writer.cancel()
        with suppress(asyncio.CancelledError):
            await self._writer
        self._writer = None
        try:
            async with asyncio.timeout(SHUTDOWN_TIMEOUT):
                await self.flush()
        except Exception as error:  # shutdown goes on
            log.error("audit.lost", events=self.pending, error=type(error).__name__)

    async def enqueue(self, key: AuditEventKey, request_id: str | None, counts: Mapping[AuditSubject, int]) -> None:
        """Queue an event for the next batch. Waits while the queue is full."""
        while (event := self._pending.get(key)) is None:
            if self.pending < self._max_pending:
                event = self._pending[key] = PendingEvent(request_id)
                break
            self._has_room.clear()
            await self._has_room.wait()
        add_counts(event.counts, counts)
        event.requests += 1
        self._has_pending.set()

    async def write(self, key: AuditEventKey, request_id: str | None, counts: Counts) -> None:
        """Write an event now. Raises the database's error, so that no request succeeds unrecorded."""
        await self._insert([PendingEvent(request_id, counts, 1).row(key)])

    async def flush(self) -> None:
        """Write all pending events. Raises the database's error; the events then stay pending."""
        async with self._writing:
            while self._batch or self._pending:
                if not self._batch:
                    self._batch = [event.row(key) for key, event in self._pending.items()]
                    self._pending = {}
                await self._store(self._batch)
                self._batch = []
                self._has_room.set()

    async def _run(self) -> None:
        pause = MIN_RETRY_DELAY
        while True:
            await self._has_pending.wait()
            self._has_pending.clear()
            await asyncio.sleep(self.flush_interval)
            try:
                await self.flush()
            except Exception as error:  # any error may be temporary
                log.warning("audit.delayed", events=self.pending, error=type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, MAX_RETRY_DELAY)
                self._has_pending.set()
            else:
                pause = MIN_RETRY_DELAY

    async def _store(self, rows: list[dict[str, Any]]) -> None:
        """Insert rows. A row that the database refuses, such as one of a deleted company, doesn't block the others."""
        try:
            await self._insert(rows)
        except (IntegrityError, DataError):
            for row in rows:
                try:
                    await self._insert([row])
                except (IntegrityError, DataError) as error:
                    log.error("audit.refused", error=type(error).__name__, company_id=row["company_id"])

    async def _insert(self, rows: list[dict[str, Any]]) -> None:
        async with self._engine.connect() as connection:
            await connection.execute(INSERT, rows)
