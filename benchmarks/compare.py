"""The four queries on all servers, side by side in one interleaved run.

Each server is a process on a core of its own, kept idle while others are measured. In every round each server is given a
short slice of each query as each viewer, in an order that changes, and figures are compared within the round. Before anything is
timed the answers have to be equal. A server without authorization answers what the partner is answered, from whom nothing is
hidden: which rows its lists hold is an ordinary WHERE, and it is measured for the partner alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from benchmarks.answers import Differs, compare, data_of
from benchmarks.figures import Sample, medians, ratio
from benchmarks.load.client import Load, LoadFailed, load
from benchmarks.machine import Cores, peak_memory
from benchmarks.peers.registry import GATEWAY, HERE, POSTGRAPHILE, Peer
from benchmarks.peers.running import Running, all_running, install
from benchmarks.sampling import job, sample
from benchmarks.workload.database import KEY_FILE, WORKLOAD, Database, copied, workload
from benchmarks.workload.queries import Query, queries
from benchmarks.workload.viewers import Bearer, bearers
from models.database import connect
from models.embedded import Embedded

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Case:
    """A query as a viewer asks it."""

    query: Query
    viewer: Bearer

    @property
    def name(self) -> tuple[str, str]:
        """How results call it."""
        return self.query.name, self.viewer.name


@dataclass(slots=True)
class Comparison:
    """All samples by query, viewer and server, in the order of the rounds, and the most memory that each server held."""

    samples: dict[tuple[str, str, str], list[Sample]] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)  # bytes
    unequal: dict[str, str] = field(default_factory=dict)  # "QUERY VIEWER SERVER" to what differs; such are not timed

    def ratio(self, query: str, viewer: str, figure: str, ours: str, theirs: str) -> float | None:
        """Ours over theirs, None where one of them was not measured."""
        one, other = self.samples.get((query, viewer, ours)), self.samples.get((query, viewer, theirs))
        return ratio(one, other, figure) if one and other else None

    def as_json(self) -> dict[str, object]:
        """For the file of results: medians, and each server's as ratios of the gateway's."""
        rows = []
        for (query, viewer, server), samples in self.samples.items():
            ratios = {name: self.ratio(query, viewer, name, server, GATEWAY) for name in ("per_second", "server_cpu_ms")}
            rows.append({"query": query, "viewer": viewer, "server": server, **medians(samples), "of_gateway": ratios})
        return {"figures": rows, "peak_memory_bytes": self.memory, "unequal": self.unequal}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare, for how long."""

    peers: Sequence[Peer]
    queries: Sequence[str]
    rounds: int
    seconds: float  # of one slice
    every_viewer: bool = True  # else only the main one of each query
    connections: int = 16
    warm_up: int = 32  # requests at least, before the first slice of each


def measure(postgres: Embedded, plan: Plan, cores: Cores, progress: Progress, name: str = WORKLOAD) -> Comparison:
    """Compare. Raises NotInstalled, DidNotStart, LoadFailed."""
    install(list(plan.peers), progress)
    databases, cases = asyncio.run(prepare(postgres, plan, progress, name))
    found = Comparison()
    progress(f"starting {', '.join(peer.name for peer in plan.peers)}")
    with _running(plan, databases, cores) as servers, load(cores.rest) as loading:
        ready = _verified(servers, cases, found, progress)
        measured = Slices(loading, databases, plan)
        for server, case in ready:
            measured.take(server, case, seconds=0, at_least=plan.warm_up)
        for number in range(plan.rounds):
            progress(f"round {number + 1} of {plan.rounds}")
            for server, case in turned(ready, number):
                taken = measured.take(server, case, seconds=plan.seconds)
                found.samples.setdefault((*case.name, server.peer.name), []).append(taken)
        found.memory = {server.peer.name: sum(map(peak_memory, server.processes())) for server in servers}
    return found


async def prepare(postgres: Embedded, plan: Plan, progress: Progress, name: str) -> tuple[dict[str, Database], list[Case]]:
    """The database of each server, and the cases."""
    shared = await workload(postgres, progress, name)
    databases = {peer.name: shared for peer in plan.peers}
    if POSTGRAPHILE in databases:
        script = (HERE / "postgraphile.sql").read_text()
        databases[POSTGRAPHILE] = await copied(postgres, name, f"{name}_security", script)
    engine = connect(shared.url)
    try:
        asked, who = await queries(engine), await bearers(engine, KEY_FILE)
    finally:
        await engine.dispose()
    chosen = [asked[query] for query in plan.queries]
    count = None if plan.every_viewer else 1
    return databases, [Case(query, who[viewer]) for query in chosen for viewer in query.viewers[:count]]


def turned(ready: Sequence[tuple[Running, Case]], number: int) -> list[tuple[Running, Case]]:
    """The order of a round: servers of a case stay side by side, and another of them begins each time."""
    cases: dict[tuple[str, str], list[tuple[Running, Case]]] = {}
    for each in ready:
        cases.setdefault(each[1].name, []).append(each)
    return [each for group in cases.values() for each in (*group[number % len(group) :], *group[: number % len(group)])]


def _running(plan: Plan, databases: Mapping[str, Database], cores: Cores) -> AbstractContextManager[list[Running]]:
    return all_running(list(plan.peers), lambda peer: databases[peer.name], cores.server)


def _verified(
    servers: Sequence[Running], cases: Sequence[Case], found: Comparison, progress: Progress
) -> list[tuple[Running, Case]]:
    """The servers that answer each case as the first of them does; the others are noted and left out."""
    ready = []
    for case in cases:
        able = [server for server in servers if server.peer.serves(case.viewer.name)]
        expected = data_of(able[0].ask(case.query, case.viewer), able[0].peer.key_of)
        for server in able:
            try:
                compare(data_of(server.ask(case.query, case.viewer), server.peer.key_of), expected)
                ready.append((server, case))
            except Differs as difference:
                what = f"{case.query.name} {case.viewer.name} {server.peer.name}"
                found.unequal[what] = str(difference)
                progress(f"{what} is not measured: {difference}")
    return ready


@dataclass(frozen=True, slots=True)
class Slices:
    """Takes slices of load, one at a time."""

    load: Load
    databases: Mapping[str, Database]
    plan: Plan

    def take(self, server: Running, case: Case, *, seconds: float, at_least: int = 1) -> Sample:
        """A slice on a server. Raises LoadFailed, which says whose answer was none."""
        connections = self.plan.connections
        asked = job(server, case.query, case.viewer, connections=connections, seconds=seconds, at_least=at_least)
        try:
            return sample(self.load, server, self.databases[server.peer.name], asked)
        except LoadFailed as error:
            raise LoadFailed(f"{server.peer.name}, {case.query.name} as {case.viewer.name}: {error}") from error
