"""The cost of a page of ports from 10 to 10,000 rows: CPU per row, and memory and first byte of the largest page.

The partner requests the pages over one connection from a separate gateway with a higher page limit. Growth counts as linear if a
row of the 10,000-row page costs no more than a row of the 1,000-row page, within the accuracy of a measurement of some seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from benchmarks.compare import Case, Plan, prepare
from benchmarks.load.client import load
from benchmarks.machine import Cores, forget_peak_memory, memory, peak_memory
from benchmarks.peers.registry import GATEWAY, peers
from benchmarks.peers.running import running
from benchmarks.sampling import job, sample
from benchmarks.targets import Verdict
from benchmarks.workload.database import WORKLOAD
from models.embedded import Embedded
from settings import variable

ROWS: Final = (10, 100, 1_000, 10_000)
LINEAR: Final = 1.25  # maximum cost of a row of the largest page, relative to a row of a page a tenth as long
VALUES: Final = 50  # values that a row's operation may have, more than Q1 has
MEMORY: Final = 0.5  # maximum memory above the idle server's, as a multiple of the response size
FIRST_BYTE: Final = 0.3  # maximum time until the first byte, as a part of that until the last


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a number of rows: milliseconds per request, and the response size in bytes."""

    rows: int
    server_cpu_ms: float
    postgres_cpu_ms: float
    p50_ms: float
    first_byte_ms: float
    answer_bytes: int

    @property
    def row_us(self) -> float:
        """CPU of server and PostgreSQL per row, in microseconds."""
        return 1000 * (self.server_cpu_ms + self.postgres_cpu_ms) / self.rows


@dataclass(frozen=True, slots=True)
class Growth:
    """The pages, and the server's memory in bytes: idle, and at its peak during the largest page."""

    pages: list[Page] = field(default_factory=list)
    idle_bytes: int = 0
    peak_bytes: int = 0

    @property
    def row_ratio(self) -> float:
        """The cost of a row of the largest page, relative to the previous page."""
        return self.pages[-1].row_us / self.pages[-2].row_us

    @property
    def memory_ratio(self) -> float:
        """The memory used for the largest page, as a multiple of its response size."""
        return (self.peak_bytes - self.idle_bytes) / self.pages[-1].answer_bytes

    def verdicts(self) -> list[Verdict]:
        """All targets."""
        last, before = self.pages[-1].rows, self.pages[-2].rows
        first_byte = self.pages[-1].first_byte_ms / self.pages[-1].p50_ms
        return [
            Verdict(f"CPU of a row of {last:,}, over a row of {before:,}", self.row_ratio, LINEAR),
            Verdict(f"memory of a page of {last:,}, in sizes of the answer", self.memory_ratio, MEMORY),
            Verdict(f"first byte of a page of {last:,}, over the last", first_byte, FIRST_BYTE),
        ]

    def as_json(self) -> dict[str, object]:
        """Return the values for the results file."""
        pages = [asdict(page) | {"row_us": round(page.row_us, 3)} for page in self.pages]
        return {"pages": pages, "idle_bytes": self.idle_bytes, "peak_bytes": self.peak_bytes}


def measure(
    postgres: Embedded,
    cores: Cores,
    seconds: float,
    progress: Callable[[str], None],
    *,
    name: str = WORKLOAD,
    rows: Sequence[int] = ROWS,
) -> Growth:
    """Measure each page size for `seconds`. Raises DidNotStart, LoadFailed."""
    peer = peers()[GATEWAY]
    plan = Plan([peer], ["Q1"], rounds=1, seconds=seconds, every_viewer=False)
    databases, (case,) = asyncio.run(prepare(postgres, plan, progress, name))
    extra = {variable("max_page_size"): str(rows[-1]), variable("max_operation_values"): str(VALUES * rows[-1])}
    found = Growth()
    with running(peer, databases[GATEWAY], cores.server, extra) as server, load(cores.rest) as loading:

        def page(count: int, seconds: float) -> Page:
            asked = job(server, sized(case, count).query, case.viewer, connections=1, seconds=seconds, at_least=3)
            taken = sample(loading, server, databases[GATEWAY], asked)
            return Page(
                count, taken.server_cpu_ms, taken.postgres_cpu_ms, taken.p50_ms, taken.first_byte_ms, taken.answer_bytes
            )

        for count in (rows[0], rows[-2] + 1):  # what the first page of each kind keeps isn't memory of a page
            page(count, 0)
        idle = memory(server.process)
        forget_peak_memory(server.process)
        page(rows[-1], 0)
        peak = peak_memory(server.process)
        for count in rows:
            progress(f"growth: {count:,} rows")
            page(count, 0)
            found.pages.append(page(count, seconds))
    return replace(found, idle_bytes=idle, peak_bytes=peak)


def sized(case: Case, count: int) -> Case:
    """Return the case with a number of rows."""
    return replace(case, query=replace(case.query, variables={"first": count}))
