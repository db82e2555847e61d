"""The four queries on all servers, interleaved in one run.

Each server is a process on the servers' core and is idle while others are measured. In every round, each server gets a short slice
of load for each query and viewer, in changing order, and results are compared within the round. Responses must be equal before
anything is timed. A server without authorization is measured only as the partner, from whom nothing is hidden: its lists use an
ordinary WHERE.
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
    """A query sent as a viewer."""

    query: Query
    viewer: Bearer

    @property
    def name(self) -> tuple[str, str]:
        """The name in the results."""
        return self.query.name, self.viewer.name


@dataclass(slots=True)
class Comparison:
    """All samples by query, viewer and server, in order of the rounds, and each server's peak memory."""

    samples: dict[tuple[str, str, str], list[Sample]] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)  # bytes
    unequal: dict[str, str] = field(default_factory=dict)  # "QUERY VIEWER SERVER" to the difference; these aren't timed

    def ratio(self, query: str, viewer: str, figure: str, ours: str, theirs: str) -> float | None:
        """Return our value divided by theirs, or None if one wasn't measured."""
        one, other = self.samples.get((query, viewer, ours)), self.samples.get((query, viewer, theirs))
        return ratio(one, other, figure) if one and other else None

    def as_json(self) -> dict[str, object]:
        """Return the values for the results file: medians, and their ratios to the gateway's."""
        rows = []
        for (query, viewer, server), samples in self.samples.items():
            ratios = {name: self.ratio(query, viewer, name, server, GATEWAY) for name in ("per_second", "server_cpu_ms")}
            rows.append({"query": query, "viewer": viewer, "server": server, **medians(samples), "of_gateway": ratios})
        return {"figures": rows, "peak_memory_bytes": self.memory, "unequal": self.unequal}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare and for how long."""

    peers: Sequence[Peer]
    queries: Sequence[str]
    rounds: int
    seconds: float  # per slice
    every_viewer: bool = True  # otherwise only the main viewer of each query
    connections: int = 16
    warm_up: int = 32  # minimum requests before the first slice of each case


def measure(postgres: Embedded, plan: Plan, cores: Cores, progress: Progress, name: str = WORKLOAD) -> Comparison:
    """Run the comparison. Raises NotInstalled, DidNotStart, LoadFailed."""
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
    """Prepare each server's database, and the cases."""
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
    """Return the order of a round. A case's servers run consecutively, and a different one starts each round."""
    cases: dict[tuple[str, str], list[tuple[Running, Case]]] = {}
    for each in ready:
        cases.setdefault(each[1].name, []).append(each)
    return [each for group in cases.values() for each in (*group[number % len(group) :], *group[: number % len(group)])]


def _running(plan: Plan, databases: Mapping[str, Database], cores: Cores) -> AbstractContextManager[list[Running]]:
    return all_running(list(plan.peers), lambda peer: databases[peer.name], cores.server)


def _verified(
    servers: Sequence[Running], cases: Sequence[Case], found: Comparison, progress: Progress
) -> list[tuple[Running, Case]]:
    """Return the servers whose response to each case equals the first server's. The others are recorded and left out."""
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
    """Runs slices of load, one at a time."""

    load: Load
    databases: Mapping[str, Database]
    plan: Plan

    def take(self, server: Running, case: Case, *, seconds: float, at_least: int = 1) -> Sample:
        """Run a slice on a server. Raises LoadFailed, which names the server and case."""
        connections = self.plan.connections
        asked = job(server, case.query, case.viewer, connections=connections, seconds=seconds, at_least=at_least)
        try:
            return sample(self.load, server, self.databases[server.peer.name], asked)
        except LoadFailed as error:
            raise LoadFailed(f"{server.peer.name}, {case.query.name} as {case.viewer.name}: {error}") from error
