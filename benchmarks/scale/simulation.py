"""Runs the gateway's statements against each layout, one layout after the other, so that the largest needs the disk alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final
from uuid import UUID

import asyncpg

from address import Address
from benchmarks.plans import explain
from benchmarks.scale.layouts import FEW, SHARES, SMALL, Layout, Progress, build, drop, prepare, removal, size
from benchmarks.scale.pages import Asked, gateway, record
from benchmarks.scale.touched import Branch, branches
from models.database import server_settings

RUNS: Final = 25
PLAN_MEMORY: Final = "SELECT sum(total_bytes)::bigint FROM pg_backend_memory_contexts WHERE name LIKE 'CachedPlan%'"


@dataclass(frozen=True, slots=True)
class Measured:
    """One page in one layout: milliseconds of the statement, touched buffers of 8 KiB, and the plan's size in memory."""

    page: str
    viewer: str
    layout: Layout
    branches: list[Branch]
    buffers: int
    ms: float
    plan_bytes: int
    rows: int

    @property
    def unpruned(self) -> list[Branch]:
        """The branches that name the partition key and touch more than one partition at a time all the same."""
        hashed = self.layout.by == "HASH"
        return [each for each in self.branches if hashed and self.layout.column in each.columns and each.touched > 1]


@dataclass(slots=True)
class Simulation:
    """All results, and the rows and bytes of each layout."""

    rows: dict[str, int]
    measured: list[Measured] = field(default_factory=list)
    bytes: dict[Layout, int] = field(default_factory=dict)
    removal: dict[Layout, float] = field(default_factory=dict)  # seconds to remove the oldest part of the rows

    @property
    def failures(self) -> list[str]:
        """Describe each branch that should have been pruned to one partition."""
        return list(self._failures())

    def _failures(self) -> Iterator[str]:
        for each in self.measured:
            for branch in each.unpruned:
                yield f"{each.page} of {each.viewer}, {each.layout.table} {each.layout.name}: {branch.touched:g} partitions"

    def as_json(self) -> dict[str, object]:
        """Return the values for a results file."""
        sizes, removal = (
            {f"{layout.table} {layout.name}": found for layout, found in figures.items()}
            for figures in (self.bytes, self.removal)
        )
        measured = [asdict(each) for each in self.measured]
        return {"rows": self.rows, "bytes": sizes, "removal_seconds": removal, "measured": measured}


async def simulate(
    url: str, data_dir: Path, layouts: tuple[Layout, ...], rows: dict[str, int], progress: Progress, *, runs: int = RUNS
) -> Simulation:
    """Measure all pages in all layouts, in a database with the sample market. Raises Unrecorded."""
    found = Simulation(rows)
    connection = await asyncpg.connect(**Address.parse(url).asyncpg({}))
    try:
        async with gateway(url, data_dir) as served:
            await prepare(connection, served.companies)
            asked = {table: await record(served, table, await _keys(connection, count)) for table, count in rows.items()}
        for layout in layouts:
            await build(connection, layout, rows[layout.table], progress)
            found.bytes[layout] = await size(connection, layout)
            for each in asked[layout.table]:
                found.measured.append(await measure(url, layout, each, runs))
            if oldest := removal(layout, max(each.parts for each in layouts if each.table == layout.table)):
                start = time.perf_counter()
                await connection.execute(oldest)
                found.removal[layout] = time.perf_counter() - start
            await drop(connection, layout)
    finally:
        await connection.close()
    return found


async def measure(url: str, layout: Layout, asked: Asked, runs: int) -> Measured:
    """Measure one page on a connection of its own, planned like the gateway's."""
    connection = await asyncpg.connect(**Address.parse(url).asyncpg(server_settings(0)), statement_cache_size=0)
    try:
        await connection.execute(f"SET search_path = {layout.schema}, public")
        statement = await connection.prepare(asked.statement.sql, name="measured")
        times, rows = [], 0
        for _ in range(runs):
            start = time.perf_counter()
            rows = len(await statement.fetch(*asked.statement.parameters))
            times.append(1000 * (time.perf_counter() - start))
        plan_bytes = await connection.fetchval(PLAN_MEMORY)
        cost = await explain(connection, asked.statement)
    finally:
        await connection.close()
    touched = branches(cost.plan, layout.table)
    return Measured(asked.page.name, asked.viewer, layout, touched, cost.buffers, median(times), plan_bytes, rows)


async def _keys(connection: Any, rows: int) -> dict[str, UUID]:
    """Return the key of a row behind the middle of a table, not beside a partition's end, and of a row of each viewer near it."""
    place = rows * 53 // 10_000 * 100
    places = {"middle": place + 50, "visitor": place, "operator": place, **{name: place + at for name, at in SHARES.items()}}
    places["small account"] = rows // FEW * (FEW // 2) + SMALL
    return {name: await connection.fetchval("SELECT simulation.key($1, $2)", at, rows) for name, at in places.items()}
