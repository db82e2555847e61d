"""The simulation's results as Markdown: for each table, a row per page and viewer with the columns of each layout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from benchmarks.scale.layouts import Layout
from benchmarks.scale.simulation import Measured, Simulation
from benchmarks.scale.touched import Branch

GIGABYTE: Final = 1e9


def markdown(found: Simulation) -> str:
    """Return all tables."""
    return "\n".join([*_sizes(found), *(line for table in found.rows for line in _pages(found, table))])


def described(branch: Branch) -> str:
    """Return how many partitions a branch touches, and for a scan that runs often, how many each time."""
    touched = f"{branch.touched:g}" if branch.touched.is_integer() else f"{branch.touched:.1f}"
    return touched if branch.executions == 1 else f"{touched} a row"


def _sizes(found: Simulation) -> Iterator[str]:
    yield "| table | layout | partitions | rows | GB | removing the oldest part, s |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for layout, size in found.bytes.items():
        removal = f"{found.removal[layout]:.3f}" if layout in found.removal else ""
        cells = (
            layout.table,
            layout.name,
            f"{layout.parts}",
            f"{found.rows[layout.table]:,}",
            f"{size / GIGABYTE:.2f}",
            removal,
        )
        yield f"| {' | '.join(cells)} |"


def _pages(found: Simulation, table: str) -> Iterator[str]:
    layouts = [layout for layout in found.bytes if layout.table == table]
    titles = [title for layout in layouts for title in _titles(layout)]
    yield f"\n| {table}: page | viewer | {' | '.join(titles)} |"
    yield f"| --- | --- |{' ---: |' * len(titles)}"
    rows: dict[tuple[str, str], list[str]] = {}
    for each in found.measured:
        if each.layout.table == table:
            rows.setdefault((each.page, each.viewer), []).extend(_cells(each))
    yield from (f"| {page} | {viewer} | {' | '.join(cells)} |" for (page, viewer), cells in rows.items())


def _titles(layout: Layout) -> list[str]:
    partitions = [] if layout.column is None else [f"{layout.name}: partitions of each branch"]
    return [*partitions, f"{layout.name}: buffers", "ms", "plan, KiB"]


def _cells(each: Measured) -> list[str]:
    ran = [branch for branch in each.branches if branch.executions and branch.touched]
    partitions = [] if each.layout.column is None else [", ".join(map(described, ran)) or "none"]
    return [*partitions, f"{each.buffers:,}", f"{each.ms:.2f}", f"{each.plan_bytes // 1024}"]
