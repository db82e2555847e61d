"""The cost of authorization: a page of ports with policy, compared to the same page without masks and filters.

Both sides run alternately in this process on the same database, and their medians are compared. Before timing, both must return the
same ports and values, except for hidden ones. The page with the viewer's allowed actions is compared to the unguarded page
without them.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx
from starlette.applications import Starlette

import server
from benchmarks.unguarded import unguarded
from policies.viewer import Viewer
from resolvers.context import Context, Services
from resolvers.execution.plans import PLANNED
from resolvers.reading.connections import load_pages
from resolvers.reading.viewers import Member, find_member, load_viewer
from settings import Settings

VIEWERS: Final = ("admin@partner.example", "hidden@managed.example", "reviewer@operator.example")
ALLOWED: Final = 1.2  # the page with authorization may cost up to a fifth more
WARM_UP: Final = 5
QUERY: Final = """query Ports($first: Int!) {
  ports(first: $first) {
    nodes {
      id name speedMbps termMonths status visibility costCentre diversityZone createdAt activatedAt
      monthlyRate { amount currency } setupFee { amount currency } marketplaceDescription
    }
  }
}"""

WITH_ACTIONS: Final = QUERY.replace("nodes {", "nodes {\n      viewerCan")

Run = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Result:
    """Medians of one viewer's page in milliseconds: elapsed time, or this process's CPU time if the level says CPU."""

    viewer: str
    level: str
    rows: int
    guarded_ms: float
    unguarded_ms: float

    @property
    def ratio(self) -> float:
        """The page's cost with authorization divided by its cost without."""
        return self.guarded_ms / self.unguarded_ms

    def as_json(self) -> dict[str, object]:
        """Return the values for the results file."""
        return asdict(self) | {"ratio": round(self.ratio, 3)}


class Differs(Exception):
    """The two sides returned different pages, so their costs can't be compared."""


@dataclass(frozen=True, slots=True)
class Side:
    """The gateway, with or without policy."""

    app: Starlette
    client: httpx.AsyncClient

    @property
    def services(self) -> Services:
        """The services that requests share."""
        services: Services = self.app.state.services
        return services

    async def endpoint(self, member: Member, rows: int, query: str = QUERY) -> Any:
        """Send a query through the whole application and return the response."""
        token = self.app.state.tokens.issue(member.user_id, member.membership_id, 3600)
        body = {"query": query, "variables": {"first": rows}}
        response = await self.client.post("/graphql", json=body, headers={"Authorization": f"Bearer {token}"})
        if (execution := response.headers.get("X-Crossgate-Execution")) != PLANNED:
            raise Differs(f"the page was executed as {execution}, not {PLANNED}")
        return response.json()

    async def loader(self, viewer: Viewer, rows: int) -> Any:
        """Load the page's records (statement, rows and mask), without GraphQL."""
        (page,) = await load_pages(Context(self.services, viewer), "Port", {"first": rows})
        return page.nodes


async def measure(url: str, data_dir: Path, *, rows: int, rounds: int, progress: Callable[[str], None]) -> list[Result]:
    """Measure all levels for every viewer. Raises Differs."""
    results = []
    async with _side(url, data_dir) as guarded, _side(url, data_dir) as bare:
        bare.services.policy = unguarded(bare.services.policy)
        for email in VIEWERS:
            progress(email)
            member = await find_member(guarded.services.engine, email)
            assert member is not None, email  # noqa: S101 (the market has them)
            viewer = await load_viewer(guarded.services.reader, member.user_id, member.membership_id)
            assert viewer is not None, email  # noqa: S101
            page = await bare.endpoint(member, rows)
            for query in (QUERY, WITH_ACTIONS):
                compare(await guarded.endpoint(member, rows, query), page, rows)
            endpoints = (partial(guarded.endpoint, member, rows), partial(bare.endpoint, member, rows))
            with_actions = (partial(guarded.endpoint, member, rows, WITH_ACTIONS), endpoints[1])
            loaders = (partial(guarded.loader, viewer, rows), partial(bare.loader, viewer, rows))
            for level, (first, second), clock in (
                ("endpoint", endpoints, time.perf_counter),
                ("endpoint with viewerCan", with_actions, time.perf_counter),
                ("loader", loaders, time.perf_counter),
                ("loader, CPU", loaders, time.process_time),
            ):
                times = await alternate(first, second, rounds, clock)
                results.append(Result(email, level, rows, 1000 * median(times[0]), 1000 * median(times[1])))
    return results


def compare(guarded: Any, bare: Any, rows: int) -> None:
    """Check that both sides return the same ports, and that each value is the same or hidden. Raises Differs."""
    pages_of = [answer["data"]["ports"]["nodes"] for answer in (guarded, bare)]
    if [len(nodes) for nodes in pages_of] != [rows, rows]:
        raise Differs(f"{[len(nodes) for nodes in pages_of]} ports, not {rows} on both sides")
    hidden = {entry["path"][-1] for entry in guarded.get("extensions", {}).get("redactions", [])}
    for one, other in zip(*pages_of, strict=True):
        if any(one[name] != (None if name in hidden else other[name]) for name in other):
            raise Differs(f"the port {other['id']} is not the same on both sides")


async def alternate(first: Run, second: Run, rounds: int, clock: Callable[[], float]) -> tuple[list[float], list[float]]:
    """Return the times of both sides, run alternately. The side that starts alternates too."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(-min(WARM_UP, rounds), rounds):
        order = ((first, times[0]), (second, times[1]))
        for run, taken in order if number % 2 else order[::-1]:
            gc.collect()
            gc.disable()
            start = clock()
            await run()
            elapsed = clock() - start
            gc.enable()
            if number >= 0:
                taken.append(elapsed)
            await asyncio.sleep(0)
    return times


@asynccontextmanager
async def _side(url: str, data_dir: Path) -> AsyncIterator[Side]:
    app = server.build(Settings(data_dir=data_dir, database_url=url, log_level="ERROR", cost_per_viewer=10**12))
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
            yield Side(app, client)
    finally:
        await app.state.services.close()
