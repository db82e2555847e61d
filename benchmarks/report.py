"""The results as a JSON file and as Markdown tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks import http
from benchmarks.abuse import Abuse
from benchmarks.compare import Comparison
from benchmarks.exports import Exports
from benchmarks.fan_out import FanOuts
from benchmarks.figures import medians
from benchmarks.growth import Growth
from benchmarks.machine import described
from benchmarks.overhead import Result
from benchmarks.peers.registry import GATEWAY, peers
from benchmarks.processes import Layout, Processes, middle, used
from benchmarks.stored import Stored
from benchmarks.targets import Verdict
from benchmarks.writes import Writes

MIB: Final = 2**20


@dataclass(slots=True)
class Report:
    """All results of a run. Benchmarks that weren't run are None."""

    quick: bool = False
    compared: Comparison | None = None
    growth: Growth | None = None
    stored: Stored | None = None
    overhead: list[Result] | None = None
    abuse: Abuse | None = None
    http: list[http.Result] | None = None
    fan_out: FanOuts | None = None
    writes: Writes | None = None
    exports: Exports | None = None
    processes: Processes | None = None
    verdicts: list[Verdict] = field(default_factory=list)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def as_json(self) -> dict[str, Any]:
        """Return the content of the results file."""
        return {
            "date": self.at.date().isoformat(),
            "quick": self.quick,
            "machine": described(),
            "targets": [verdict.as_json() for verdict in self.verdicts],
            "compare": self.compared and self.compared.as_json(),
            "growth": self.growth and self.growth.as_json(),
            "stored": self.stored and self.stored.as_json(),
            "abuse": self.abuse and self.abuse.as_json(),
            "fan_out": self.fan_out and self.fan_out.as_json(),
            "writes": self.writes and self.writes.as_json(),
            "exports": self.exports and self.exports.as_json(),
            "processes": self.processes and self.processes.as_json(),
            "http": None if self.http is None else [result.as_json() for result in self.http],
            "overhead": None if self.overhead is None else [result.as_json() for result in self.overhead],
        }

    def write(self, directory: Path) -> None:
        """Write `results.json` and `results.md`. Results that this run didn't measure are taken from the previous run."""
        path = directory / "results.json"
        before = json.loads(path.read_text()) if path.exists() else {}
        now = self.as_json()
        kept = {name: before[name] for name in now if now[name] is None and isinstance(before, dict) and before.get(name)}
        path.write_text(json.dumps(now | kept, indent=1) + "\n")
        (directory / "results.md").write_text(self.markdown())

    def markdown(self) -> str:
        """All tables."""
        machine = described()
        hurried = " A short run, for trying: its figures say little." if self.quick else ""
        parts = [
            "# What the gateway costs",
            f"Measured on {self.at:%d %B %Y} with {machine['cores']} cores of {machine['cpu']}, Python {machine['python']}."
            f"{hurried} Written by `make bench`.",
        ]
        if self.compared:
            parts += ["## Side by side", INTRODUCTION, *comparison_tables(self.compared)]
        if self.growth:
            parts += ["## A page that grows", growth_table(self.growth)]
        if self.stored:
            parts += ["## A page of a table that grows", stored_table(self.stored)]
        if self.overhead:
            parts += ["## A page of 1,000 ports, against the same page without policy", overhead_table(self.overhead)]
        if self.abuse:
            parts += ["## The worst requests that the bounds allow", abuse_table(self.abuse)]
        if self.http:
            parts += [
                "## Ways to send requests",
                table(("", "ratio"), [[each.what, f"{each.ratio:.3f}"] for each in self.http]),
            ]
        if self.fan_out:
            parts += ["## One event with many subscribers", fan_out_table(self.fan_out)]
        if self.writes:
            parts += ["## Writes", writes_table(self.writes)]
        if self.exports:
            parts += ["## Exports", exports_table(self.exports)]
        if self.processes:
            parts += ["## Several processes, and a replica", SHARED_CORES, processes_table(self.processes)]
        return "\n\n".join([*parts, "## Targets", verdict_table(self.verdicts)]) + "\n"


INTRODUCTION: Final = (
    "One process on one core each, PostgreSQL and the load on another; 16 connections; medians of all rounds, as the partner asks. "
    "CPU is milliseconds for a request. Servers without authorization give the same rows by an ordinary WHERE."
)


SHARED_CORES: Final = (
    "Gateway, PostgreSQL and the load share all cores: the last columns say how many each kept busy, and how many anything else did. "
    "CPU is milliseconds for a request; the primary's is compared with the same processes without a replica."
)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table. All columns but the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def comparison_tables(found: Comparison) -> list[str]:
    """Return a table for each query and its main viewer, in the order of the peers."""
    parts = []
    for query in dict.fromkeys(query for query, _, _ in found.samples):
        viewer = next(viewer for name, viewer, _ in found.samples if name == query)
        rows = [_row(found, query, viewer, peer.name, peer.about) for peer in peers().values()]
        head = ("", "requests/s", "p50, ms", "p99, ms", "server CPU", "PostgreSQL CPU", "peak, MiB", "CPU of gateway's")
        parts += [f"### {query}", table(head, [row for row in rows if row])]
    if found.unequal:
        parts.append("Not measured, because the answer was another: " + ", ".join(found.unequal) + ".")
    return parts


def _row(found: Comparison, query: str, viewer: str, server: str, about: str) -> list[str]:
    samples = found.samples.get((query, viewer, server))
    if not samples:
        return []
    figures = medians(samples)
    share = found.ratio(query, viewer, "server_cpu_ms", server, GATEWAY)
    return [
        f"**{server}**: {about}",
        f"{figures['per_second']:,.0f}",
        f"{figures['p50_ms']:.1f}",
        f"{figures['p99_ms']:.1f}",
        f"{figures['server_cpu_ms']:.2f}",
        f"{figures['postgres_cpu_ms']:.2f}",
        f"{found.memory.get(server, 0) / MIB:.0f}",
        "" if share is None else f"{share:.2f}",
    ]


def growth_table(found: Growth) -> str:
    """Return a table with a row per page size."""
    rows = [
        [
            f"{page.rows:,} rows",
            f"{page.first_byte_ms:.1f}",
            f"{page.p50_ms:.1f}",
            f"{page.server_cpu_ms:.2f}",
            f"{page.postgres_cpu_ms:.2f}",
            f"{page.row_us:.1f}",
            f"{page.answer_bytes / MIB:.2f}",
        ]
        for page in found.pages
    ]
    return table(("", "first byte, ms", "p50, ms", "server CPU", "PostgreSQL CPU", "CPU of a row, µs", "answer, MiB"), rows)


def stored_table(found: Stored) -> str:
    """Return a table with a row per viewer and page: CPU with few and many stored rows, and the naive statement."""
    few, many = found.sizes
    rows, postgres = [], found.ratios("postgres_cpu_ms")
    for (viewer, page), share in found.ratios().items():
        cells = [medians(found.samples[viewer, page, size]) for size in found.sizes]
        naive = [found.naive_ms.get((viewer, size)) if page == "first" else None for size in found.sizes]
        rows.append(
            [
                f"{viewer}, {page} page",
                *(f"{cell['server_cpu_ms'] + cell['postgres_cpu_ms']:.2f}" for cell in cells),
                f"{share:.2f}",
                f"{postgres[viewer, page]:.2f}" if (viewer, page) in postgres else "",
                *("" if ms is None else f"{ms:.1f}" for ms in naive),
            ]
        )
    head = (
        "",
        f"CPU among {few:,}, ms",
        f"among {many:,}, ms",
        "ratio",
        "PostgreSQL alone",
        f"naive among {few:,}, ms",
        f"naive among {many:,}, ms",
    )
    return table(head, rows)


def overhead_table(results: Sequence[Result]) -> str:
    """Return a table with a row per viewer and level."""
    rows = [
        [f"{result.viewer}, {result.level}", f"{result.guarded_ms:.2f}", f"{result.unguarded_ms:.2f}", f"{result.ratio:.2f}"]
        for result in results
    ]
    return table(("", "with policy, ms", "without, ms", "ratio"), rows)


def fan_out_table(found: FanOuts) -> str:
    """Return a table with a row for each way to serve subscribers."""
    head = (
        "",
        "subscribers",
        "told",
        "seconds",
        "gateway CPU ms",
        "PostgreSQL CPU ms",
        "comparing facts, ms",
        "decisions",
        "ms each",
        "answers, ms",
        "statements, ms",
        "KiB a socket",
        "process MiB",
    )
    ways = (("sharing", found.shared), ("each alone", found.alone))
    return table(
        head,
        [
            [
                way,
                f"{each.subscribers:,}",
                f"{each.told:,}",
                f"{each.seconds:.2f}",
                f"{each.server_cpu_ms:,.0f}",
                f"{each.postgres_cpu_ms:,.0f}",
                f"{each.viewers_ms:.1f}",
                f"{each.decisions:,.0f}",
                f"{each.deciding_ms:.1f}",
                f"{each.answers_ms:.1f}",
                f"{each.statements_ms:.1f}",
                f"{each.socket_bytes / 1024:.0f}",
                f"{each.process_bytes / MIB:,.0f}",
            ]
            for way, each in ways
        ],
    )


def writes_table(found: Writes) -> str:
    """Return a table with a row per request and number of connections, and one for the comparison of a password alone."""
    rows = []
    for (request, connections), samples in found.samples.items():
        each = medians(samples)
        rows.append(
            [
                f"{request}, {connections} connection{'s'[: connections != 1]}",
                f"{each['per_second']:,.0f}",
                f"{each['p50_ms']:.1f}",
                f"{each['p95_ms']:.1f}",
                f"{each['server_cpu_ms']:.2f}",
                f"{each['postgres_cpu_ms']:.2f}",
            ]
        )
    rows.append(["comparing the password alone", "", "", "", f"{median(found.hash_ms):.2f}", ""])
    return table(("", "requests/s", "p50, ms", "p95, ms", "server CPU", "PostgreSQL CPU"), rows)


def exports_table(found: Exports) -> str:
    """Return a table with a row per export."""
    head = ("", "rows/s", "worker's CPU of a row, µs", "PostgreSQL's", "memory above idle, MiB", "file, MiB", "download, s")
    rows = [
        [
            f"{each.rows:,} rows, {each.format}",
            f"{each.per_second:,.0f}",
            f"{1000 * each.cpu_ms / each.rows:.1f}",
            f"{1000 * each.postgres_cpu_ms / each.rows:.1f}",
            f"{each.memory_bytes / MIB:.1f}",
            f"{each.size_bytes / MIB:.2f}",
            f"{each.download_seconds:.2f}",
        ]
        for each in found.written
    ]
    return table(head, rows)


def processes_table(found: Processes) -> str:
    """Return a table with a row per query and layout."""
    head = ("", "requests/s", "of 1 process", "gateway CPU", "primary's", "replica's", "left the primary")
    cores = ("gateway's cores", "PostgreSQL's", "load's", "others'")
    rows = []
    for (query, layout), uses in found.uses.items():
        speed_up = "" if layout == Layout(1) else f"{found.speed_up(query, layout):.2f}"
        rows.append(
            [
                f"{query}, {layout.name}",
                f"{median(use.per_second for use in uses):,.0f}",
                speed_up,
                *(f"{middle(uses, figure):.2f}" for figure in ("gateway_ms", "primary_ms", "replica_ms")),
                f"{found.moved(query, layout):.0%}" if layout.replica else "",
                f"{used(uses, 'gateway_ms'):.2f}",
                f"{used(uses, 'primary_ms') + used(uses, 'replica_ms'):.2f}",
                f"{used(uses, 'load_ms'):.2f}",
                f"{found.others(query, layout):.2f} of {found.cores}",
            ]
        )
    return table(head + cores, rows)


def abuse_table(found: Abuse) -> str:
    """Return a table with a row per attack."""
    rows = [
        [each.attack, f"{each.request_bytes:,}", f"{each.cpu_ms:.0f}", f"{each.honest_p99_ms:.0f}"] for each in found.outcomes
    ]
    return table(("", "bytes", "server CPU, ms", "p99 of an honest query, ms"), rows)


def verdict_table(verdicts: Sequence[Verdict]) -> str:
    """Return a table of the targets, met or missed."""
    rows = [
        [
            verdict.what,
            f"{verdict.figure:.3g}",
            f"{'at most' if verdict.at_most else 'at least'} {verdict.bound:.3g}",
            "met" if verdict.met else "**missed**",
        ]
        for verdict in verdicts
    ]
    return table(("target", "figure", "wanted", ""), rows)
