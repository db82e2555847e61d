"""`python -m benchmarks`: run the benchmarks, write `results.json`, `results.md` and `results.svg`, and print the tables.

Progress goes to standard error. Exits with 1 if a target is missed, and with 2 if a required program or package is missing.
"""

from __future__ import annotations

import asyncio
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks import abuse, compare, exports, fan_out, growth, http, overhead, processes, stored, writes
from benchmarks.exports import ExportFailed
from benchmarks.load.client import LoadFailed
from benchmarks.machine import Cores
from benchmarks.market import prepare
from benchmarks.peers.install import NotInstalled
from benchmarks.peers.registry import peers
from benchmarks.peers.running import DidNotStart
from benchmarks.plot import plot
from benchmarks.report import Report
from benchmarks.targets import Verdict, verdicts
from benchmarks.workload.database import DATA, postgres
from models.embedded import Embedded

RESULTS: Final = Path(__file__).parent
QUERIES: Final = ("Q1", "Q2", "Q3", "Q4")
ROUNDS: Final = 9
SLICE: Final = 1.0  # seconds


class Measurement(StrEnum):
    """A benchmark."""

    COMPARE = "compare"
    GROWTH = "growth"
    STORED = "stored"
    OVERHEAD = "overhead"
    ABUSE = "abuse"
    HTTP = "http"
    FAN_OUT = "fan-out"
    WRITES = "writes"
    EXPORTS = "exports"
    PROCESSES = "processes"


def main(
    what: Annotated[
        list[Measurement] | None,
        typer.Argument(
            help="compare: the workload on all servers, side by side. growth: a page of 10 to 10,000 rows. stored: a page from "
            "tables of 10,000 and 1,000,000 rows. overhead: a page of ports with and without policy. abuse: the most expensive "
            "requests that the limits allow. http: documents by name, batches and compression. fan-out: one event with many "
            "subscribers. writes: a sign-in and a mutation. exports: 10,000 and "
            "100,000 rows as JSON Lines and CSV. processes: 1, 2 and 4 processes, and a replica. All if not set."
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A short run of a few minutes, to try it out.")] = False,
    only: Annotated[str, typer.Option(help=f"Servers to compare, separated by commas: {', '.join(peers())}.")] = "",
    queries: Annotated[str, typer.Option(help="Queries to compare, separated by commas.")] = ",".join(QUERIES),
    rounds: Annotated[int, typer.Option(min=1, help="Rounds per measurement.")] = ROUNDS,
    output: Annotated[Path, typer.Option(help="The directory for the results.")] = RESULTS,
) -> None:
    """Benchmark the gateway. Results are ratios within one run, which hardly differ between machines."""
    chosen = what or list(Measurement)
    plan = compare.Plan(
        peers=[peer for name, peer in peers().items() if name in named(only, tuple(peers()), "--only")],
        queries=named(queries, QUERIES, "--queries"),
        rounds=2 if quick else rounds,
        seconds=0.3 if quick else SLICE,
        every_viewer=not quick,
    )
    try:
        report = run(chosen, plan, quick=quick)
    except (NotInstalled, DidNotStart, LoadFailed, ExportFailed) as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
    output.mkdir(parents=True, exist_ok=True)
    report.write(output)
    if report.compared:
        (output / "results.svg").write_text(plot(report.compared))
    typer.echo(report.markdown())
    sys.exit(any(not verdict.met for verdict in report.verdicts))


def run(chosen: list[Measurement], plan: compare.Plan, *, quick: bool) -> Report:
    """Run the chosen benchmarks one after the other. Raises NotInstalled, DidNotStart, LoadFailed, ExportFailed."""
    cores, report = Cores.of_machine(), Report(quick=quick)
    if cores.server == cores.rest:
        progress("this machine has one core: servers share it with PostgreSQL and the load")
    with postgres(cores.rest) as server:
        if Measurement.COMPARE in chosen:
            report.compared = compare.measure(server, plan, cores, progress)
            report.verdicts += verdicts(report.compared)
            report.verdicts += [Verdict(f"{what}: answers that differ", 1, 0) for what in report.compared.unequal]
        if Measurement.GROWTH in chosen:
            report.growth = growth.measure(server, cores, 0.5 if quick else 3, progress)
            report.verdicts += report.growth.verdicts()
        if Measurement.STORED in chosen:
            report.stored = stored.measure(server, cores, rounds=plan.rounds, seconds=plan.seconds / 2, progress=progress)
            report.verdicts += report.stored.verdicts()
        if Measurement.ABUSE in chosen:
            report.abuse = abuse.measure(server, cores, progress, rounds=3 if quick else 10)
            report.verdicts += report.abuse.verdicts()
        if Measurement.FAN_OUT in chosen:
            report.fan_out = fan_out.measure(server, cores, progress, subscribers=1_000 if quick else 10_000)
            report.verdicts += report.fan_out.verdicts()
        if Measurement.WRITES in chosen:
            report.writes = writes.measure(server, cores, progress, rounds=plan.rounds, seconds=plan.seconds)
            report.verdicts += report.writes.verdicts()
        if Measurement.EXPORTS in chosen:
            report.exports = exports.measure(server, cores, progress, rows=10_000 if quick else 100_000)
            report.verdicts += report.exports.verdicts()
        if Measurement.PROCESSES in chosen:
            report.processes = processes.measure(progress, rounds=plan.rounds, seconds=plan.seconds)
            report.verdicts += report.processes.verdicts()
        if Measurement.HTTP in chosen:
            report.http = asyncio.run(measure_http(server, quick=quick))
            report.verdicts += [result.verdict for result in report.http]
        if Measurement.OVERHEAD in chosen:
            report.overhead = asyncio.run(measure_overhead(server, quick=quick))
            report.verdicts += [
                Verdict(f"{result.viewer}, {result.level}: with policy, over without", result.ratio, overhead.ALLOWED)
                for result in report.overhead
            ]
    return report


async def measure_http(server: Embedded, *, quick: bool) -> list[http.Result]:
    """Measure the ways to send requests, on the large sample market."""
    progress("preparing the large sample market")
    url = await prepare(server, "large", overhead.VIEWERS, 1000)
    return await http.measure(url, DATA, rounds=5 if quick else 40, progress=progress)


async def measure_overhead(server: Embedded, *, quick: bool) -> list[overhead.Result]:
    """Measure the cost of authorization on a page of 1,000 ports of the large sample market."""
    progress("preparing the large sample market")
    url = await prepare(server, "large", overhead.VIEWERS, 1000)
    return await overhead.measure(url, DATA, rows=1000, rounds=3 if quick else 20, progress=progress)


def named(text: str, known: tuple[str, ...], option: str) -> tuple[str, ...]:
    """Split a comma-separated list of known names. An empty text means all. Raises BadParameter."""
    names = tuple(name for name in text.split(",") if name) or known
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"{name} is none of {', '.join(known)}", param_hint=option)
    return names


def progress(what: str) -> None:
    """Print a progress message to standard error."""
    typer.echo(what, err=True)


if __name__ == "__main__":
    typer.run(main)
