"""How a page of ports grows from 10 rows to 10,000: what each row costs, and how much memory the largest page takes.

Asked by the partner through one connection, of a gateway of its own whose largest page is raised. Linear means that a row of the
page of 10,000 costs no more than a row of the page of 1,000, within what a measurement of some seconds can tell.
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
LINEAR: Final = 1.25  # most that a row of the largest page may cost, over a row of the page a tenth as long
MEMORY: Final = 3.0  # most memory over the idle server's, in sizes of the answer


@dataclass(frozen=True, slots=True)
class Page:
    """A page of so many rows: milliseconds of a request, and its answer in bytes."""

    rows: int
    server_cpu_ms: float
    postgres_cpu_ms: float
    p50_ms: float
    answer_bytes: int

    @property
    def row_us(self) -> float:
        """CPU of server and PostgreSQL for one row, in microseconds."""
        return 1000 * (self.server_cpu_ms + self.postgres_cpu_ms) / self.rows


@dataclass(frozen=True, slots=True)
class Growth:
    """The pages, and the memory of the server: idle, and at most while the largest page was answered, in bytes."""

    pages: list[Page] = field(default_factory=list)
    idle_bytes: int = 0
    peak_bytes: int = 0

    @property
    def row_ratio(self) -> float:
        """A row of the largest page, over a row of the one before."""
        return self.pages[-1].row_us / self.pages[-2].row_us

    @property
    def memory_ratio(self) -> float:
        """What the largest page took of memory, in sizes of its answer."""
        return (self.peak_bytes - self.idle_bytes) / self.pages[-1].answer_bytes

    def verdicts(self) -> list[Verdict]:
        """Both targets."""
        last, before = self.pages[-1].rows, self.pages[-2].rows
        return [
            Verdict(f"CPU of a row of {last:,}, over a row of {before:,}", self.row_ratio, LINEAR),
            Verdict(f"memory of a page of {last:,}, in sizes of the answer", self.memory_ratio, MEMORY),
        ]

    def as_json(self) -> dict[str, object]:
        """For the file of results."""
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
    """Grow the page, each size measured for so many seconds. Raises DidNotStart, LoadFailed."""
    peer = peers()[GATEWAY]
    plan = Plan([peer], ["Q1"], rounds=1, seconds=seconds, every_viewer=False)
    databases, (case,) = asyncio.run(prepare(postgres, plan, progress, name))
    extra = {variable("max_page_size"): str(rows[-1])}
    found = Growth()
    with running(peer, databases[GATEWAY], cores.server, extra) as server, load(cores.rest) as loading:

        def page(count: int, seconds: float) -> Page:
            asked = job(server, sized(case, count).query, case.viewer, connections=1, seconds=seconds, at_least=3)
            taken = sample(loading, server, databases[GATEWAY], asked)
            return Page(count, taken.server_cpu_ms, taken.postgres_cpu_ms, taken.p50_ms, taken.answer_bytes)

        page(rows[0], 0)
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
    """The case with so many rows."""
    return replace(case, query=replace(case.query, variables={"first": count}))
