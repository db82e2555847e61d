"""A page of 100 of a viewer's offers among 10,000 that are stored, and among 1,000,000: a page must not grow with its table.

The viewer has the same 1,000 offers in both databases, made between those of others. Asked of a gateway over each database, one
connection at a time, in turns; beside it what the statement costs that one would write at first. What counts is the CPU of
PostgreSQL and the server together: it does not depend on who else uses the machine.
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
MIDDLE: Final = 5  # pages before the one in the middle
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
    """Samples by viewer, page and number of stored offers; milliseconds of the naive statement by viewer and number."""

    sizes: tuple[int, int]
    samples: dict[tuple[str, str, int], list[Sample]] = field(default_factory=dict)
    naive_ms: dict[tuple[str, int], float] = field(default_factory=dict)

    def ratios(self, figure: str = "cpu_ms") -> dict[tuple[str, str], float]:
        """Of each viewer's pages: a figure among many, over the same among few."""
        few, many = self.sizes
        found = {
            (viewer, page): ratio(self.samples[viewer, page, many], self.samples[viewer, page, few], figure)
            for viewer, page, size in self.samples
            if size == few
        }
        return {key: value for key, value in found.items() if value is not None}

    def verdicts(self) -> list[Verdict]:
        """A target for each page."""
        few, many = self.sizes
        return [
            Verdict(f"{viewer}'s {page} page among {many:,} offers, over {few:,}", found, ALLOWED)
            for (viewer, page), found in self.ratios().items()
        ]

    def as_json(self) -> dict[str, object]:
        """For the file of results."""
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
    """Measure both databases in turns. Raises DidNotStart, LoadFailed."""
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
    """The first page and one in the middle; a visitor has no second page, because it has no offers."""
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
    """The fastest of some runs of the naive statement, in milliseconds, on a connection like the gateway's."""
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
