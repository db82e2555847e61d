"""Metrics of several processes: each writes its numbers into shared memory once a second, and one more process serves the sums.

A counter never goes down: what a process has counted is added to the sums of ended processes when it ends, in one step for a
reader. A process that is killed loses what it has counted since it last wrote.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import orjson
import structlog
from prometheus_client import PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from telemetry import snapshots
from telemetry.snapshots import Snapshot
from transport.metrics import Families, note_delay
from transport.shared_memory import Locks, shared_memory

MAX_BYTES: Final = 2**20  # of a sample; all families full of children need less than half of that
HEADER_NUMBERS: Final = 4
HEADER_BYTES: Final = 8 * HEADER_NUMBERS
COMBINED: Final[
    Mapping[str, Callable[[Iterable[float]], float]]
] = {  # how to combine what the operating system knows of each process
    "process_virtual_memory_bytes": sum,
    "process_resident_memory_bytes": sum,
    "process_open_fds": sum,
    "process_max_fds": min,
    "process_start_time_seconds": min,
}

log = structlog.stdlib.get_logger("crossgate.metrics")


@dataclass(frozen=True, slots=True)
class Sample:
    """The numbers of a process. `cpu` is its processor time in seconds."""

    pid: int
    cpu: float
    snapshot: Snapshot

    def encode(self) -> bytes:
        """Return it as bytes."""
        families = {name: list(numbers.items()) for name, numbers in self.snapshot.items()}
        return orjson.dumps([self.pid, self.cpu, families])

    @classmethod
    def decode(cls, encoded: bytes) -> Sample:
        """Return the sample that has been encoded."""
        pid, cpu, families = orjson.loads(encoded)
        return cls(pid, cpu, {name: {tuple(labels): numbers for labels, numbers in each} for name, each in families.items()})


class _Page:
    """Memory for one sample. It has room for two, so that a process that is killed while it writes leaves the one before."""

    def __init__(self) -> None:
        memory = shared_memory(HEADER_BYTES + 2 * MAX_BYTES)
        self._header = memory[:HEADER_BYTES].cast("Q")  # which half is valid; the size of each
        self._halves = [memory[HEADER_BYTES + half * MAX_BYTES :][:MAX_BYTES] for half in range(2)]

    def write(self, encoded: bytes) -> None:
        """Store a sample."""
        half = 1 - self._header[0]
        self._halves[half][: len(encoded)] = encoded
        self._header[1 + half] = len(encoded)
        self._header[0] = half

    def read(self) -> bytes:
        """Return the last sample as it's encoded, or nothing."""
        half = self._header[0]
        return bytes(self._halves[half][: self._header[1 + half]])

    def clear(self) -> None:
        """Forget the sample."""
        self._header[1 + self._header[0]] = 0


class SharedSamples:
    """The last sample of the process at each of `seats`, and the sums of processes that have ended. Made before the first fork."""

    def __init__(self, seats: int) -> None:
        self._pages = [_Page() for _ in range(seats)]
        self._ended = _Page()
        self._locks = Locks()
        self._inherited = snapshots.take()  # a forked process starts with what this one has counted
        self._ended.write(Sample(0, time.process_time(), snapshots.counted([self._inherited])).encode())

    @asynccontextmanager
    async def reporting(self, seat: int) -> AsyncIterator[None]:
        """Write the samples of this process during the block, once a second and at the end."""
        task = asyncio.ensure_future(self._report(seat))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._try_to_write(seat)

    async def _report(self, seat: int) -> None:
        while True:
            self._try_to_write(seat)
            await note_delay()

    def _try_to_write(self, seat: int) -> None:
        try:
            self.write(seat)
        except Exception:
            log.exception("metrics.failed")  # the gateway keeps serving

    def write(self, seat: int) -> None:
        """Write a sample of this process, which sits at the seat."""
        snapshot = snapshots.since(self._inherited, snapshots.take())
        encoded = Sample(os.getpid(), time.process_time(), snapshot).encode()
        with self._locks.held():
            self._pages[seat].write(encoded)

    def end(self, seat: int) -> None:
        """Add the last sample of a process that has ended to the sums."""
        with self._locks.held():
            encoded, ended = self._pages[seat].read(), Sample.decode(self._ended.read())
            if not encoded:
                return
            last = Sample.decode(encoded)
            sums = snapshots.counted([ended.snapshot, last.snapshot])
            self._ended.write(Sample(0, ended.cpu + last.cpu, sums).encode())
            self._pages[seat].clear()

    def read(self) -> tuple[list[Sample], Sample]:
        """Return the samples of the living processes, and the sums of ended ones."""
        with self._locks.held():
            living, ended = [page.read() for page in self._pages], self._ended.read()
        return [Sample.decode(encoded) for encoded in living if encoded], Sample.decode(ended)


class Together(Collector):
    """All processes as one: their families, and what the operating system knows of them."""

    def __init__(self, samples: SharedSamples) -> None:
        self._samples = samples

    def collect(self) -> Iterator[Metric]:
        """Yield each metric."""
        living, ended = self._samples.read()
        together = snapshots.combined([sample.snapshot for sample in living], ended.snapshot)
        yield from Families(lambda: together).collect()
        cpu = sum(sample.cpu for sample in [*living, ended])
        yield CounterMetricFamily("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", value=cpu)
        yield from _of_the_system([sample.pid for sample in living])


def _of_the_system(pids: Sequence[int]) -> Iterator[Metric]:
    """Yield what the operating system knows of processes, combined. One that has just ended is left out."""
    found = [metric for pid in pids for metric in ProcessCollector(pid=partial(int, pid), registry=None).collect()]
    for name, combine in COMBINED.items():
        same = [metric for metric in found if metric.name == name]
        if same:
            value = combine(sample.value for metric in same for sample in metric.samples)
            yield GaugeMetricFamily(name, same[0].documentation, value=value)


def registry_of(samples: SharedSamples) -> CollectorRegistry:
    """Return the registry of all processes together."""
    made = CollectorRegistry()
    made.register(Together(samples))
    PlatformCollector(registry=made)
    return made
