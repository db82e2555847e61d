"""The same load on `crossgate serve` with 1, 2 and 4 processes, as far as there are cores, and with a read replica.

Gateway, PostgreSQL and the load share all cores, and each row says how much of them each used. If all cores are in use, more
processes can't answer more: that's said in place of the ratio.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.compare import Case, Plan, prepare
from benchmarks.load.client import Load, load
from benchmarks.machine import cpu_ms, family, idle_ms
from benchmarks.peers.registry import GATEWAY, peers
from benchmarks.peers.running import START_SECONDS, DidNotStart, Running, free_port, settled, started
from benchmarks.replication import caught_up, pair
from benchmarks.sampling import job
from benchmarks.targets import Verdict
from benchmarks.workload.database import DATA, OPTIONS, WORKLOAD, Database, postmaster
from models.database import connect
from settings import variable

PROCESSES: Final = (1, 2, 4)
QUERIES: Final = ("Q1", "Q4")
CONNECTIONS: Final = 32  # so that each of four processes has some
SPEED_UP: Final = 1.8  # requests per second of 2 processes, as a multiple of one's
BUSY: Final = 0.85  # share of the cores' time from which they are fully used; the rest is interrupts and pauses between slices
DISTURBED: Final = 0.1  # share of the cores' time from which other programs falsify a run; interrupts take less
WARM_UP: Final = 64  # requests, so that each process has a plan and connections

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Layout:
    """A way to serve: a number of processes, with or without a replica."""

    processes: int
    replica: bool = False

    @property
    def name(self) -> str:
        """The name in the results."""
        return f"{self.processes} process{'es'[: 2 * (self.processes > 1)]}{', a replica' if self.replica else ''}"


@dataclass(frozen=True, slots=True)
class Use:
    """A slice of load: how many requests, their seconds, and the CPU milliseconds of all involved meanwhile."""

    requests: int
    seconds: float
    p50_ms: float
    gateway_ms: float
    primary_ms: float
    replica_ms: float
    load_ms: float
    idle_ms: float

    @property
    def per_second(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    @property
    def own_cores(self) -> float:
        """The number of cores that gateway, PostgreSQL and the load kept busy."""
        return sum(map(self.cores, ("gateway_ms", "primary_ms", "replica_ms", "load_ms")))

    def cores(self, figure: str) -> float:
        """Return a CPU time as the number of cores that were busy with it."""
        used: float = getattr(self, figure) / 1000 / self.seconds
        return used

    def per_request(self, figure: str) -> float:
        """Return a CPU time in milliseconds per request."""
        used: float = getattr(self, figure) / self.requests
        return used


@dataclass(slots=True)
class Processes:
    """The slices by query and layout, on a machine with a number of cores."""

    cores: int
    uses: dict[tuple[str, Layout], list[Use]] = field(default_factory=dict)

    def busy(self, query: str, layout: Layout) -> float:
        """Return the share of all cores that gateway, PostgreSQL and the load used."""
        return median(use.own_cores for use in self.uses[query, layout]) / self.cores

    def others(self, query: str, layout: Layout) -> float:
        """Return how many cores were busy with anything else."""
        rest = median(self.cores - use.own_cores - use.cores("idle_ms") for use in self.uses[query, layout])
        return max(0.0, rest)

    def speed_up(self, query: str, layout: Layout) -> float:
        """Return the requests per second of a layout, divided by those of one process in the same round."""
        pairs = zip(self.uses[query, layout], self.uses[query, Layout(1)], strict=True)
        return median(use.per_second / one.per_second for use, one in pairs)

    def moved(self, query: str, layout: Layout) -> float:
        """Return the share of the primary's CPU per request that a layout with a replica takes from it."""
        pairs = zip(self.uses[query, layout], self.uses[query, Layout(layout.processes)], strict=True)
        return 1 - median(use.per_request("primary_ms") / without.per_request("primary_ms") for use, without in pairs)

    def verdicts(self) -> list[Verdict]:
        """Two processes answer more than one, or use all cores."""
        return [self._verdict(query, layout) for query, layout in self.uses if layout == Layout(2)]

    def _verdict(self, query: str, layout: Layout) -> Verdict:
        what, figure = f"{query}: requests per second of 2 processes, over 1", self.speed_up(query, layout)
        if figure < SPEED_UP and (busy := self.busy(query, layout)) >= BUSY:
            what = f"{query}: 2 processes are {figure:.2f} times as fast as 1, because the cores are used up: share in use"
            return Verdict(what, busy, BUSY, at_most=False)
        if (others := self.others(query, layout)) > DISTURBED * self.cores:
            what += f", while other programs used {others:.1f} cores"
        return Verdict(what, figure, SPEED_UP, at_most=False)

    def as_json(self) -> dict[str, object]:
        """Return the values for the results file: medians."""
        rows = [
            {
                "query": query,
                "processes": layout.processes,
                "replica": layout.replica,
                "per_second": round(median(use.per_second for use in uses), 1),
                "p50_ms": round(median(use.p50_ms for use in uses), 3),
                **{f"{who}_ms": round(middle(uses, f"{who}_ms"), 4) for who in ("gateway", "primary", "replica")},
                **{f"{who}_cores": round(used(uses, f"{who}_ms"), 3) for who in ("gateway", "primary", "replica", "load")},
                "other_cores": round(self.others(query, layout), 3),
            }
            for (query, layout), uses in self.uses.items()
        ]
        return {"cores": self.cores, "figures": rows}


def middle(uses: Sequence[Use], figure: str) -> float:
    """Return the median of a CPU time per request, in milliseconds."""
    return median(use.per_request(figure) for use in uses)


def used(uses: Sequence[Use], figure: str) -> float:
    """Return the median of the number of cores that were busy with something."""
    return median(use.cores(figure) for use in uses)


def layouts(cores: int) -> list[Layout]:
    """Return the layouts for a machine, of which the one with a replica is last."""
    return [*(Layout(count) for count in PROCESSES if count <= max(1, cores)), Layout(1, replica=True)]


def measure(progress: Progress, *, rounds: int, seconds: float) -> Processes:
    """Measure each layout in each round, `seconds` at a time, on a new primary. Raises DidNotStart, LoadFailed."""
    cores = os.sched_getaffinity(0)
    DATA.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(dir=DATA, prefix="replicated-")))
        primary, replica = stack.enter_context(pair(folder, OPTIONS))
        databases, cases = asyncio.run(
            prepare(primary, Plan([peers()[GATEWAY]], QUERIES, rounds, seconds, every_viewer=False), progress, WORKLOAD)
        )
        servers = databases[GATEWAY], Database(replica.url(WORKLOAD), postmaster(replica))
        asyncio.run(_caught_up(*servers))
        gateways = {}
        for layout in layouts(len(cores)):
            progress(f"processes: starting {layout.name}")
            gateways[layout] = stack.enter_context(serving(layout, *servers, cores))
        measured = Slices(stack.enter_context(load(*cores)), servers, cores)
        return _measured(measured, gateways, cases, rounds, seconds, progress)


def _measured(
    measured: Slices, gateways: Mapping[Layout, Running], cases: Sequence[Case], rounds: int, seconds: float, progress: Progress
) -> Processes:
    found = Processes(len(measured.cores))
    for number in range(-1, rounds):  # the first warms up
        progress(f"processes: round {number + 1} of {rounds}")
        for case in cases:
            for layout, gateway in gateways.items():
                use = measured.take(gateway, case, seconds if number >= 0 else 0)
                if number >= 0:
                    found.uses.setdefault((case.query.name, layout), []).append(use)
    return found


@contextmanager
def serving(layout: Layout, primary: Database, replica: Database, cores: set[int]) -> Iterator[Running]:
    """Run `crossgate serve` on all cores. Raises DidNotStart."""
    peer, port = peers()[GATEWAY], free_port()
    variables = peer.variables(primary, port)
    if layout.replica:
        variables[variable("replica_urls")] = replica.url
    command = [sys.executable, "-m", "commands", "serve", "--processes", str(layout.processes), "--port", str(port)]
    with started(f"processes-{layout.processes}", command, variables, port, cores) as process:
        running = Running(peer, port, process.pid)
        _wait_for_all(running, layout)
        asyncio.run(settled(running))
        yield running


def _wait_for_all(running: Running, layout: Layout) -> None:
    """Wait until each process exists. The parent listens before them. Raises DidNotStart."""
    deadline = time.monotonic() + START_SECONDS
    while len(running.processes()) < layout.processes + (layout.processes > 1):
        if time.monotonic() > deadline:
            raise DidNotStart(f"{layout.name}: some of the processes are missing")
        time.sleep(0.05)


async def _caught_up(primary: Database, replica: Database) -> None:
    engines = connect(primary.url), connect(replica.url)
    await caught_up(*engines)
    for engine in engines:
        await engine.dispose()


@dataclass(frozen=True, slots=True)
class Slices:
    """Runs slices of load, one at a time, and measures what all involved use."""

    load: Load
    servers: tuple[Database, Database]
    cores: set[int]

    def take(self, gateway: Running, case: Case, seconds: float) -> Use:
        """Run a slice on a gateway. Raises LoadFailed."""
        asked = job(gateway, case.query, case.viewer, connections=CONNECTIONS, seconds=seconds, at_least=WARM_UP)
        before = self._used(gateway)
        outcome = self.load.run(asked)
        after = self._used(gateway)
        spent = [later - earlier for earlier, later in zip(before, after, strict=True)]
        return Use(outcome.requests, outcome.seconds, outcome.p50_ms, *spent)

    def _used(self, gateway: Running) -> tuple[float, float, float, float, float]:
        """Return the CPU milliseconds so far of gateway, primary, replica and load, and of nobody."""
        primary, replica = self.servers
        of = (gateway.processes(), primary.processes(), replica.processes(), family(self.load.process))
        gateway_ms, primary_ms, replica_ms, load_ms = map(cpu_ms, of)
        return gateway_ms, primary_ms, replica_ms, load_ms, idle_ms(self.cores)
