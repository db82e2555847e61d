"""The audit log as the gateway writes it: denials and reads are gathered and written by one writer, the rest is written at once.

Like events of a moment (one viewer, one operation, one policy) become one row with their counts added up. What waits is bounded:
where the database is away for long, requests wait rather than events are lost. A process that is killed loses its last moment.
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

FLUSH_INTERVAL: Final = 1.0  # seconds in which events are gathered
MAX_PENDING: Final = 10_000  # rows
MIN_RETRY_DELAY: Final = 0.1  # seconds before another attempt; each failure doubles them
MAX_RETRY_DELAY: Final = 5.0
SHUTDOWN_TIMEOUT: Final = 5.0  # seconds for the last of them to be written at shutdown
INSERT: Final = postgresql.insert(AuditEvent).on_conflict_do_nothing()  # an attempt may have failed after its commit

log = structlog.stdlib.get_logger("crossgate.audit")


class AuditSubject(NamedTuple):
    """What is counted: a field of a type, or an action upon one, and why it was denied, if it was."""

    type: str
    field: str | None = None
    action: str | None = None
    reason: str | None = None


Counts: TypeAlias = dict[AuditSubject, int]


class AuditEventKey(NamedTuple):
    """What like events have in common."""

    kind: AuditKind
    company_id: UUID | None
    user_id: UUID | None
    actor_company_id: UUID | None
    as_user_id: UUID | None
    as_company_id: UUID | None
    operation_name: str | None
    operation_hash: str | None
    policy_hash: str


@dataclass(slots=True)
class PendingEvent:
    """How often an act was met since the last writing, and first when."""

    request_id: str | None
    counts: Counts = field(default_factory=dict)
    requests: int = 0
    at: datetime = field(default_factory=now)

    def row(self, act: AuditEventKey) -> dict[str, Any]:
        """The event as it is stored."""
        counts = [
            {**{name: text for name, text in each._asdict().items() if text}, "count": n} for each, n in self.counts.items()
        ]
        facts = {"request_id": self.request_id, "requests": self.requests, "at": self.at, "counts": counts or None}
        return {"id": uuid7(), **act._asdict(), **facts}


def add_counts(counts: Counts, more: Mapping[AuditSubject, int]) -> None:
    """Count more."""
    for counted, number in more.items():
        counts[counted] = counts.get(counted, 0) + number


class AuditLog:
    """Writes events from `start` to `close`; before and after, nothing is served, and nothing is kept."""

    def __init__(self, engine: AsyncEngine, *, flush_interval: float = FLUSH_INTERVAL, most: int = MAX_PENDING) -> None:
        self._engine = engine
        self.flush_interval = flush_interval
        self._most = most
        self._waiting: dict[AuditEventKey, PendingEvent] = {}
        self._taken: list[dict[str, Any]] = []  # out of what waits, and perhaps written
        self._something = asyncio.Event()
        self._room = asyncio.Event()
        self._writing = asyncio.Lock()
        self._writer: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether events are kept."""
        return self._writer is not None

    async def start(self) -> None:
        """Begin to write. Does not wait for the database: it may come later than the gateway."""
        self._writer = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Write what waits, and stop."""
        if self._writer is None:
            return
        self._writer.cancel()
        with suppress(asyncio.CancelledError):
            await self._writer
        self._writer = None
        try:
            async with asyncio.timeout(SHUTDOWN_TIMEOUT):
                await self.flush()
        except Exception as error:  # the gateway stops all the same
            log.error("audit.lost", events=len(self._waiting) + len(self._taken), error=type(error).__name__)

    async def enqueue(self, act: AuditEventKey, request_id: str | None, counts: Mapping[AuditSubject, int]) -> None:
        """Have an event written within a moment. Waits where too many wait already."""
        while (met := self._waiting.get(act)) is None:
            if len(self._waiting) + len(self._taken) < self._most:
                met = self._waiting[act] = PendingEvent(request_id)
                break
            self._room.clear()
            await self._room.wait()
        add_counts(met.counts, counts)
        met.requests += 1
        self._something.set()

    async def write(self, act: AuditEventKey, request_id: str | None, counts: Counts) -> None:
        """Write an event now. Raises what keeps the database from taking it: what is not recorded is not answered."""
        await self._insert([PendingEvent(request_id, counts, 1).row(act)])

    async def flush(self) -> None:
        """Write all that waits. Raises what keeps the database from taking it; it goes on waiting then."""
        async with self._writing:
            while self._taken or self._waiting:
                if not self._taken:
                    self._taken = [met.row(act) for act, met in self._waiting.items()]
                    self._waiting = {}
                await self._store(self._taken)
                self._taken = []
                self._room.set()

    async def _run(self) -> None:
        pause = MIN_RETRY_DELAY
        while True:
            await self._something.wait()
            self._something.clear()
            await asyncio.sleep(self.flush_interval)
            try:
                await self.flush()
            except Exception as error:  # whatever it is, another attempt may go through
                log.warning("audit.delayed", events=len(self._waiting) + len(self._taken), error=type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, MAX_RETRY_DELAY)
                self._something.set()
            else:
                pause = MIN_RETRY_DELAY

    async def _store(self, rows: list[dict[str, Any]]) -> None:
        """Store rows; one that the database never takes, of a company that is gone, keeps no other from being stored."""
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
