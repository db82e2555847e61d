"""Replicas: servers that replay the primary's changes a moment later, and answer queries in its place.

A statement runs on a replica only if the connection is known to have replayed enough. That is read before the statement takes its
snapshot: a condition inside the statement would be evaluated after it (docs/decisions/replicas.md). Whatever fails here runs on
the primary instead.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, Final, NamedTuple, Self

import structlog
from sqlalchemy.sql.selectable import Select

from models.reading import CONNECTION_ERRORS, Connection, Reader, compile_statement
from models.remembered_facts import StaleFacts
from telemetry import metrics

PRIMARY_POSITION: Final = (
    "SELECT pg_walfile_name(lsn) AS file, (lsn - '0/0')::bigint AS lsn FROM pg_current_wal_insert_lsn() AS lsn"
)
REPLICA_POSITION: Final = (
    "SELECT received_tli AS timeline, (pg_last_wal_replay_lsn() - '0/0')::bigint AS lsn FROM pg_stat_wal_receiver"
)
FORM: Final = re.compile(r"([0-9A-F]{8})-([0-9A-F]{8})/([0-9A-F]{8})")  # fixed width: an encrypted position reveals nothing
INTERVAL: Final = 0.5  # seconds between two readings of a server's position
FAILURE_COOLDOWN: Final = 5.0  # seconds without queries for a replica that has failed
BY_REPLICA: Final = metrics.REPLICA_READS.child("sent")
BEHIND: Final = metrics.REPLICA_READS.child("behind")
FAILED: Final = metrics.REPLICA_READS.child("failed")

log = structlog.stdlib.get_logger("crossgate.replicas")


class ReplicaUnavailable(StaleFacts):
    """The replica can't answer: it's behind or unreachable."""


class Position(NamedTuple):
    """A position in the write-ahead log. `lsn` counts bytes from its start; a failover increases `timeline`."""

    timeline: int
    lsn: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the position that `str` wrote, or None."""
        match = FORM.fullmatch(text)
        return match and cls(int(match[1], 16), int(match[2], 16) << 32 | int(match[3], 16))

    def __str__(self) -> str:
        return f"{self.timeline:08X}-{self.lsn >> 32:08X}/{self.lsn & 0xFFFFFFFF:08X}"

    def contains(self, other: Position) -> bool:
        """Return whether a server at this position has replayed the other."""
        return self.timeline >= other.timeline and self.lsn >= other.lsn

    def join(self, other: Position | None) -> Position:
        """Return the lowest position that contains both."""
        return self if other is None else Position(max(self.timeline, other.timeline), max(self.lsn, other.lsn))


UNREACHED: Final = Position(1 << 32, 0)
"""A position that no replica reaches, so the primary has to answer."""


class Replica(Reader):
    """A pool of connections to one replica."""

    healthy_from = 0.0  # the time before which it gets no queries
    current_at = 0.0  # the replica has everything that the primary had at this time

    async def position(self) -> Position | None:
        """Return the replica's position, or None if it can't be read."""
        try:
            return _position(await self.run(REPLICA_POSITION, ()))
        except (*CONNECTION_ERRORS, TimeoutError):
            return None

    async def read(self, needed: Position, text: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Run a statement on a connection whose server has replayed `needed`. Raises ReplicaUnavailable."""
        try:
            connection = await self._acquire()
            try:
                await self._require(connection, needed)
                return await connection.fetch(text, arguments)
            finally:
                self._release(connection)
        except (*CONNECTION_ERRORS, TimeoutError) as error:
            self.healthy_from = time.monotonic() + FAILURE_COOLDOWN
            FAILED.value += 1
            log.warning("replica.failed", error=type(error).__name__)
            raise ReplicaUnavailable from None

    async def _require(self, connection: Connection, needed: Position) -> None:
        if connection.position is not None and connection.position.contains(needed):
            return
        connection.position = _position(await connection.fetch(REPLICA_POSITION, ()))
        if connection.position is None or not connection.position.contains(needed):
            BEHIND.value += 1
            raise ReplicaUnavailable


def _position(rows: Sequence[Any]) -> Position | None:
    """Return the position in the row of REPLICA_POSITION, or None."""
    lsn = rows[0]["lsn"] if rows else None
    timeline = rows[0]["timeline"] if rows else None  # NULL without the right to read it
    return None if lsn is None or timeline is None else Position(timeline, lsn)


class ReplicaReads:
    """The reads of one query on a replica. `is_confirmed` is True once its facts have been compared there."""

    def __init__(self, replica: Replica, needed: Position) -> None:
        self._replica = replica
        self._needed = needed
        self.is_confirmed = False

    async def run(self, text: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Run a compiled statement. Raises ReplicaUnavailable."""
        return await self._replica.read(self._needed, text, arguments)

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Compile and run a statement. Raises ReplicaUnavailable, also if the viewer's facts haven't been compared yet."""
        if not self.is_confirmed:
            raise ReplicaUnavailable
        compiled = compile_statement(statement)
        return await self.run(compiled.text, compiled.arguments(parameters))


class Replicas:
    """The replicas of a primary. A query goes to one that is at most `max_lag` seconds behind."""

    def __init__(self, primary: Reader, replicas: Sequence[Replica], max_lag: float) -> None:
        self._primary = primary
        self._replicas = replicas
        self._max_lag = max_lag
        self._turns = count()
        self._seen: deque[tuple[float, Position]] = deque()  # the primary's positions, each with its time
        self._floor: tuple[float, Position] | None = None
        self._start = time.monotonic()

    async def position(self) -> Position | None:
        """Return the primary's position, after everything that has been committed. None if there are no replicas."""
        if not self._replicas:
            return None
        row = (await self._primary.run(PRIMARY_POSITION, ()))[0]
        return Position(int(row["file"][:8], 16), row["lsn"])

    async def position_if_known(self) -> Position | None:
        """Return the primary's position, or None if it's unreachable: the caller still has to report its commit."""
        try:
            return await self.position()
        except (*CONNECTION_ERRORS, TimeoutError):
            return None

    def reads(self, written: Position | None) -> ReplicaReads | None:
        """Return reads on a replica that has replayed what the client has written, or None if the primary has to answer."""
        if written is not None and written.contains(UNREACHED):
            return None
        now = time.monotonic()
        ready = [each for each in self._replicas if each.healthy_from <= now]
        if not ready or self._floor is None or not self._seen or now - self._seen[-1][0] > self._max_lag:
            return None
        BY_REPLICA.value += 1
        return ReplicaReads(ready[next(self._turns) % len(ready)], self._floor[1].join(written))

    async def follow(self) -> None:
        """Record the positions of the primary and of each replica, until cancelled."""
        await asyncio.gather(self._follow_primary(), *(self._follow(replica) for replica in self._replicas))

    async def _follow_primary(self) -> None:
        while True:
            started = time.monotonic()
            if (position := await self.position_if_known()) is not None:
                self._note(started, position)
            await asyncio.sleep(min(INTERVAL, self._max_lag / 2))

    async def _follow(self, replica: Replica) -> None:
        """Record up to when a replica has everything."""
        while True:
            position = await replica.position()
            reached = (at for at, seen in reversed(self._seen) if position is not None and position.contains(seen))
            replica.current_at = max(replica.current_at, next(reached, 0.0))
            await asyncio.sleep(INTERVAL)

    def _note(self, started: float, position: Position) -> None:
        self._seen.append((started, position))
        self._floor = self._floor or self._seen[0]  # at first, a replica must only have what the primary had at the start
        while len(self._seen) > 1 and self._seen[0][0] <= started - self._max_lag + INTERVAL:
            self._floor = self._seen.popleft()

    def lags(self) -> list[float]:
        """Return how many seconds each replica is behind, as of the primary's last known position.

        The lag of a replica that is unreachable grows.
        """
        latest, start = (self._seen[-1][0], self._start) if self._seen else (0.0, 0.0)
        return [max(0.0, latest - max(replica.current_at, start)) for replica in self._replicas]

    async def close(self) -> None:
        """Close all connections."""
        for replica in self._replicas:
            await replica.close()
