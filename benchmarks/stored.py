"""A page of 100 of a viewer's offers in tables of 10,000 and 1,000,000 offers: the cost must not grow with the table.

The viewer has the same 1,000 offers in both databases, spread among those of others. Each database has its own gateway, and they're
queried alternately over one connection. For comparison, the naive statement is measured too. The result is the CPU time of
PostgreSQL and the server, which doesn't depend on other load on the machine.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg

from benchmarks.figures import Sample, medians, ratio
from benchmarks.load.client import load
from benchmarks.machine import Cores
from benchmarks.peers.registry import GATEWAY, peers
from benchmarks.peers.running import Running, running
from benchmarks.sampling import job, sample
from benchmarks.targets import Verdict
from benchmarks.workload.database import KEY_FILE, Database
from benchmarks.workload.offers import BUYER, SELLER, offers
from benchmarks.workload.queries import Query
from benchmarks.workload.viewers import ANONYMOUS, Bearer, bearers
from models.database import SERVER_SETTINGS, connect
from models.embedded import Embedded

SIZES: Final = (10_000, 1_000_000)
VIEWERS: Final = {"seller": SELLER, "buyer": BUYER, "visitor": ANONYMOUS}
ALLOWED: Final = 1.5
MIDDLE: Final = 5  # pages before the middle one
DOCUMENT: Final = """query Offers($first: Int!, $after: String) {
  offers(first: $first, after: $after) {
    edges { cursor node { id name status totalValue { amount currency } } }
    pageInfo { hasNextPage endCursor }
  }
}"""
NAIVE: Final = """
    SELECT o.* FROM offer o
    WHERE o.company_id = $1 OR EXISTS (SELECT FROM offer_buyer b WHERE b.offer_id = o.id AND b.company_id = $1)
    ORDER BY o.id LIMIT 101
"""
NAIVE_RUNS: Final = 5

Progress = Callable[[str], None]


@dataclass(slots=True)
class Stored:
    """Samples by viewer, page and number of stored offers, and the naive statement's milliseconds by viewer and number."""

    sizes: tuple[int, int]
    samples: dict[tuple[str, str, int], list[Sample]] = field(default_factory=dict)
    naive_ms: dict[tuple[str, int], float] = field(default_factory=dict)

    def ratios(self, figure: str = "cpu_ms") -> dict[tuple[str, str], float]:
        """Return, for each viewer's pages, a statistic with many offers divided by the same with few."""
        few, many = self.sizes
        found = {
            (viewer, page): ratio(self.samples[viewer, page, many], self.samples[viewer, page, few], figure)
            for viewer, page, size in self.samples
            if size == few
        }
        return {key: value for key, value in found.items() if value is not None}

    def verdicts(self) -> list[Verdict]:
        """Check each page against its target."""
        few, many = self.sizes
        return [
            Verdict(f"{viewer}'s {page} page among {many:,} offers, over {few:,}", found, ALLOWED)
            for (viewer, page), found in self.ratios().items()
        ]

    def as_json(self) -> dict[str, object]:
        """Return the values for the results file."""
        pages = [
            {"viewer": viewer, "page": page, "stored": size, **medians(samples)}
            for (viewer, page, size), samples in self.samples.items()
        ]
        naive = [{"viewer": viewer, "stored": size, "ms": round(ms, 3)} for (viewer, size), ms in self.naive_ms.items()]
        return {"pages": pages, "naive": naive}


def measure(
    postgres: Embedded,
    cores: Cores,
    *,
    rounds: int,
    seconds: float,
    progress: Progress,
    sizes: tuple[int, int] = SIZES,
) -> Stored:
    """Measure both databases alternately. Raises DidNotStart, LoadFailed."""
    databases = {size: asyncio.run(offers(postgres, size, progress)) for size in sizes}
    who = asyncio.run(_bearers(databases[sizes[0]]))
    found = Stored(sizes)
    with ExitStack() as stack:
        peer = peers()[GATEWAY]
        servers = {size: stack.enter_context(running(peer, each, cores.server)) for size, each in databases.items()}
        loading = stack.enter_context(load(cores.rest))
        asked = [
            (viewer, page, size, query, who[name])
            for viewer, name in VIEWERS.items()
            for size in sizes
            for page, query in pages(servers[size], who[name]).items()
        ]
        for number in range(-1, rounds):  # the first warms up
            progress(f"stored: round {number + 1} of {rounds}")
            for viewer, page, size, query, bearer in asked:
                one = job(servers[size], query, bearer, connections=1, seconds=seconds if number >= 0 else 0, at_least=5)
                taken = sample(loading, servers[size], databases[size], one)
                if number >= 0:
                    found.samples.setdefault((viewer, page, size), []).append(taken)
    for size, database in databases.items():
        progress(f"stored: the naive statement among {size:,}")
        for viewer, name in VIEWERS.items():
            if who[name].company:
                found.naive_ms[viewer, size] = asyncio.run(naive_ms(database, who[name]))
    return found


def pages(server: Running, viewer: Bearer) -> dict[str, Query]:
    """Return the first page and a middle one. A visitor has only the first, because it can't see offers."""
    first = Query("Offers", DOCUMENT, {"first": 100}, ())
    found, cursor = {"first": first}, None
    for _ in range(MIDDLE):
        query = Query("Offers", DOCUMENT, {"first": 100, "after": cursor}, ())
        answer: Any = json.loads(server.ask(query, viewer))
        cursor = answer["data"]["offers"]["pageInfo"]["endCursor"]
        if cursor is None:
            return found
    return found | {"middle": Query("Offers", DOCUMENT, {"first": 100, "after": cursor}, ())}


async def naive_ms(database: Database, viewer: Bearer) -> float:
    """Return the fastest run of the naive statement in milliseconds, on a connection like the gateway's."""
    found = database.environment
    connection = await asyncpg.connect(
        host=found["PGHOST"],
        port=int(found["PGPORT"]),
        user=found["PGUSER"],
        database=found["PGDATABASE"],
        server_settings=SERVER_SETTINGS,
    )
    times = []
    for _ in range(NAIVE_RUNS):
        start = time.perf_counter()
        await connection.fetch(NAIVE, viewer.company)
        times.append(1000 * (time.perf_counter() - start))
    await connection.close()
    return min(times)


async def _bearers(database: Database) -> dict[str, Bearer]:
    engine = connect(database.url)
    try:
        return await bearers(engine, KEY_FILE, (SELLER, BUYER))
    finally:
        await engine.dispose()
