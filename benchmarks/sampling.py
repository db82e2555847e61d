"""One slice of load on a server, with the CPU time that the server and PostgreSQL use meanwhile."""

from __future__ import annotations

from benchmarks.figures import Sample
from benchmarks.load.client import Load
from benchmarks.load.job import Job
from benchmarks.machine import cpu_ms
from benchmarks.peers.running import Running
from benchmarks.workload.database import Database
from benchmarks.workload.queries import Query
from benchmarks.workload.viewers import Bearer


def job(server: Running, query: Query, viewer: Bearer, *, connections: int, seconds: float, at_least: int = 1) -> Job:
    """Return the job for the load process: a query sent as a viewer."""
    peer = server.peer
    return Job(server.port, peer.body(query), peer.headers(viewer), connections, seconds, at_least)


def sample(load: Load, server: Running, database: Database, asked: Job) -> Sample:
    """Run a job and measure it. Raises LoadFailed."""
    servers, backends = server.processes(), database.processes()
    before = cpu_ms(servers), cpu_ms(backends)
    outcome = load.run(asked)
    after = cpu_ms(servers), cpu_ms(backends)
    return Sample(
        per_second=outcome.per_second,
        p50_ms=outcome.p50_ms,
        p99_ms=outcome.p99_ms,
        server_cpu_ms=(after[0] - before[0]) / outcome.requests,
        postgres_cpu_ms=(after[1] - before[1]) / outcome.requests,
        answer_bytes=outcome.answer_bytes,
        first_byte_ms=outcome.first_byte_ms,
        p95_ms=outcome.p95_ms,
    )
