"""Targets are limits on ratios within one run, and the report says whether each is met."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from benchmarks.__main__ import QUERIES, named
from benchmarks.compare import Comparison, turned
from benchmarks.figures import Sample
from benchmarks.growth import Growth, Page
from benchmarks.peers.registry import GATEWAY, MERCURIUS, STRAWBERRY
from benchmarks.plot import BARS, length, plot
from benchmarks.report import Report
from benchmarks.targets import Verdict, verdicts
from benchmarks.workload.viewers import PARTNER


def test_target_is_met_at_its_limit() -> None:
    """ "At most" and "at least" include the limit."""
    met_verdicts = [Verdict("", 2, 2), Verdict("", 2, 2, at_most=False), Verdict("", 1, 2), Verdict("", 3, 2, at_most=False)]
    missed = [Verdict("", 2.1, 2), Verdict("", 1.9, 2, at_most=False)]

    assert [True] * 4 == [verdict.met for verdict in met_verdicts]
    assert [False] * 2 == [verdict.met for verdict in missed]


def test_targets_are_checked_for_measured_servers() -> None:
    """Unmeasured servers and queries have no verdict."""
    results = {(verdict.what, verdict.figure, verdict.met) for verdict in verdicts(_comparison())}

    assert {
        ("Q1: server CPU per request, over strawberry", 0.05, True),
        ("Q1: requests per second, over mercurius", 1.25, False),
    } == results


def test_growth_has_targets_for_rows_memory_and_first_byte() -> None:
    """A row of the largest page is compared with one of the previous page, memory with the response size, and the first byte."""
    pages = [Page(100, 10, 0, 0, 0, 1_000), Page(1_000, 110, 0, 10, 2, 10_000)]
    growth = Growth(pages, idle_bytes=50_000, peak_bytes=90_000)

    assert [(1.1, True), (4.0, False), (0.2, True)] == [(verdict.figure, verdict.met) for verdict in growth.verdicts()]


def test_report_has_tables_and_verdicts(tmp_path: Path) -> None:
    """The files have the results and whether they meet the targets."""
    report = Report(compared=_comparison(), verdicts=verdicts(_comparison()))

    report.write(tmp_path)

    lines = (tmp_path / "results.md").read_text()
    assert "| **gateway**: this gateway: tokens, policy, logs | 500 | 1.0 | 2.0 | 0.50 | 0.25 | 2 | 1.00 |" in lines
    assert "| Q1: requests per second, over mercurius | 1.25 | at least 1.5 | **missed** |" in lines
    assert [True, False] == [verdict["met"] for verdict in json.loads((tmp_path / "results.json").read_text())["targets"]]


def test_unmeasured_results_are_kept_from_the_previous_run(tmp_path: Path) -> None:
    """A benchmark's results stay until it's run again."""
    Report(compared=_comparison()).write(tmp_path)
    Report(growth=Growth([Page(10, 1, 1, 1, 1, 10)])).write(tmp_path)

    stored = json.loads((tmp_path / "results.json").read_text())
    assert stored["compare"]["peak_memory_bytes"] == {GATEWAY: 2 * 2**20}
    assert stored["growth"]["pages"][0]["rows"] == 10


def test_chart_has_a_bar_for_each_server() -> None:
    """Bars are logarithmic and stay within their column."""
    drawn = plot(_comparison())

    assert drawn.count('rx="2"') == 3
    assert "0.50 ms, 500/s" in drawn
    assert 0 == length(0) < length(1) < length(10) < length(1e9) == BARS


def test_every_server_starts_a_round_once() -> None:
    """A case's servers run consecutively, and a different one starts each round."""
    case: Any = type("Case", (), {"name": ("Q1", "partner")})()
    ready: Any = [(server, case) for server in "abc"]

    assert ["abc", "bca", "cab", "abc"] == ["".join(str(server) for server, _ in turned(ready, number)) for number in range(4)]


def test_names_are_separated_by_commas() -> None:
    """An empty list means all. An unknown name is rejected with the known ones."""
    assert named("", QUERIES, "--queries") == QUERIES
    assert named("Q4,Q1", QUERIES, "--queries") == ("Q4", "Q1")
    with pytest.raises(typer.BadParameter, match="Q9 is none of Q1, Q2, Q3, Q4"):
        named("Q1,Q9", QUERIES, "--queries")


def _comparison() -> Comparison:
    figures = {GATEWAY: (500, 0.5), STRAWBERRY: (40, 10.0), MERCURIUS: (400, 2.0)}
    samples = {("Q1", PARTNER, name): [Sample(per_second, 1.0, 2.0, cpu, 0.25)] for name, (per_second, cpu) in figures.items()}
    return Comparison(samples, {GATEWAY: 2 * 2**20})
