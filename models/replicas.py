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

OF_PRIMARY: Final = (
    "SELECT pg_walfile_name(lsn) AS file, (lsn - '0/0')::bigint AS place FROM pg_current_wal_insert_lsn() AS lsn"
)
OF_REPLICA: Final = (
    "SELECT received_tli AS timeline, (pg_last_wal_replay_lsn() - '0/0')::bigint AS place FROM pg_stat_wal_receiver"
)
FORM: Final = re.compile(r"([0-9A-F]{8})-([0-9A-F]{8})/([0-9A-F]{8})")  # as long for each, so that encryption hides it all
INTERVAL: Final = 0.5  # seconds between two looks at the primary's position
LEFT_OUT: Final = 5.0  # seconds that a replica gets no queries after a failure
BY_REPLICA: Final = metrics.REPLICA_READS.child("sent")
BEHIND: Final = metrics.REPLICA_READS.child("behind")
FAILED: Final = metrics.REPLICA_READS.child("failed")

log = structlog.stdlib.get_logger("crossgate.replicas")


class ReplicaUnavailable(StaleFacts):
    """The replica can't answer: it's behind or away."""


class Position(NamedTuple):
    """A position in the write-ahead log: its timeline, which a failover increases, and the bytes before it."""

    timeline: int
    place: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the position that `str` wrote, or None."""
        match = FORM.fullmatch(text)
        return match and cls(int(match[1], 16), int(match[2], 16) << 32 | int(match[3], 16))

    def __str__(self) -> str:
        return f"{self.timeline:08X}-{self.place >> 32:08X}/{self.place & 0xFFFFFFFF:08X}"

    def contains(self, other: Position) -> bool:
        """Return whether a server at this position has replayed the other."""
        return self.timeline >= other.timeline and self.place >= other.place

    def join(self, other: Position | None) -> Position:
        """Return the lowest position that contains both."""
        return self if other is None else Position(max(self.timeline, other.timeline), max(self.place, other.place))


UNREACHED: Final = Position(1 << 32, 0)
"""No server reaches it: the primary has to answer."""


class Replica(Reader):
    """A pool of connections to one replica."""

    healthy_from = 0.0  # the time before which it gets no queries
    current_at = 0.0  # when the primary last was where the replica is known to be

    async def position(self) -> Position | None:
        """Return the replica's position, or None if it can't be read."""
        try:
            return _position(await self.run(OF_REPLICA, ()))
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
            self.healthy_from = time.monotonic() + LEFT_OUT
            FAILED.value += 1
            log.warning("replica.failed", error=type(error).__name__)
            raise ReplicaUnavailable from None

    async def _require(self, connection: Connection, needed: Position) -> None:
        if connection.position is not None and connection.position.contains(needed):
            return
        connection.position = _position(await connection.fetch(OF_REPLICA, ()))
        if connection.position is None or not connection.position.contains(needed):
            BEHIND.value += 1
            raise ReplicaUnavailable


def _position(rows: Sequence[Any]) -> Position | None:
    """Return the position that OF_REPLICA has found, or None."""
    place = rows[0]["place"] if rows else None
    timeline = rows[0]["timeline"] if rows else None  # NULL without the right to read it
    return None if place is None or timeline is None else Position(timeline, place)


class ReplicaReads:
    """The reads of one query on a replica. `is_confirmed` says whether its facts have been compared there."""

    def __init__(self, replica: Replica, needed: Position) -> None:
        self._replica = replica
        self._needed = needed
        self.is_confirmed = False

    async def run(self, text: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Run a compiled statement. Raises ReplicaUnavailable."""
        return await self._replica.read(self._needed, text, arguments)

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Compile and run a statement. Raises ReplicaUnavailable, also before the viewer's facts were compared."""
        if not self.is_confirmed:
            raise ReplicaUnavailable
        compiled = compile_statement(statement)
        return await self.run(compiled.text, compiled.arguments(parameters))


class Replicas:
    """The replicas of a primary. Queries go to one that isn't further behind than `max_lag` seconds."""

    def __init__(self, primary: Reader, replicas: Sequence[Replica], max_lag: float) -> None:
        self._primary = primary
        self._replicas = replicas
        self._max_lag = max_lag
        self._turns = count()
        self._seen: deque[tuple[float, Position]] = deque()  # when the primary was where
        self._floor: tuple[float, Position] | None = None
        self._start = time.monotonic()

    async def position(self) -> Position | None:
        """Return the primary's position, which contains everything committed before. None without replicas."""
        if not self._replicas:
            return None
        row = (await self._primary.run(OF_PRIMARY, ()))[0]
        return Position(int(row["file"][:8], 16), row["place"])

    async def position_if_known(self) -> Position | None:
        """Return the primary's position, or None if it's away: what is committed must still be reported."""
        try:
            return await self.position()
        except (*CONNECTION_ERRORS, TimeoutError):
            return None

    def reads(self, written: Position | None) -> ReplicaReads | None:
        """Return reads on a replica that has what a client has written, or None if the primary has to answer."""
        if written is not None and written.contains(UNREACHED):
            return None
        now = time.monotonic()
        ready = [each for each in self._replicas if each.healthy_from <= now]
        if not ready or self._floor is None or not self._seen or now - self._seen[-1][0] > self._max_lag:
            return None
        BY_REPLICA.value += 1
        return ReplicaReads(ready[next(self._turns) % len(ready)], self._floor[1].join(written))

    async def follow(self) -> None:
        """Note where the primary and each replica are, until cancelled."""
        await asyncio.gather(self._follow_primary(), *(self._follow(replica) for replica in self._replicas))

    async def _follow_primary(self) -> None:
        while True:
            started = time.monotonic()
            if (position := await self.position_if_known()) is not None:
                self._note(started, position)
            await asyncio.sleep(min(INTERVAL, self._max_lag / 2))

    async def _follow(self, replica: Replica) -> None:
        """Note when the primary last was where a replica is by now."""
        while True:
            position = await replica.position()
            reached = (at for at, seen in reversed(self._seen) if position is not None and position.contains(seen))
            replica.current_at = max(replica.current_at, next(reached, 0.0))
            await asyncio.sleep(INTERVAL)

    def _note(self, started: float, position: Position) -> None:
        self._seen.append((started, position))
        self._floor = self._floor or self._seen[0]  # a replica that has all until the start isn't too far behind either
        while len(self._seen) > 1 and self._seen[0][0] <= started - self._max_lag + INTERVAL:
            self._floor = self._seen.popleft()

    def lags(self) -> list[float]:
        """Return how many seconds each replica is behind, as of the last look at the primary. One that's away falls behind."""
        latest, start = (self._seen[-1][0], self._start) if self._seen else (0.0, 0.0)
        return [max(0.0, latest - max(replica.current_at, start)) for replica in self._replicas]

    async def close(self) -> None:
        """Close all connections."""
        for replica in self._replicas:
            await replica.close()
