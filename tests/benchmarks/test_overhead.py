"""The overhead benchmark compares two sides that return the same page. These tests don't check its timings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.overhead import VIEWERS, Differs, Result, compare, measure
from benchmarks.report import overhead_table

LEVELS = ("endpoint", "endpoint with viewerCan", "loader", "loader, CPU")
ROWS = 10


pytestmark = pytest.mark.usefixtures("small_heap")  # the benchmark collects garbage before each run


async def test_every_viewer_is_measured_at_every_level(demo_url: str, tmp_path: Path) -> None:
    """Each viewer's page is measured at the endpoint and the loader, after checking that both sides return the same ports."""
    messages: list[str] = []

    results = await measure(demo_url, tmp_path, rows=ROWS, rounds=1, progress=messages.append)

    assert [(viewer, level, ROWS) for viewer in VIEWERS for level in LEVELS] == [
        (result.viewer, result.level, result.rows) for result in results
    ]
    assert list(VIEWERS) == messages


async def test_incomplete_page_stops_the_benchmark(demo_url: str, tmp_path: Path) -> None:
    """Pages with fewer ports than requested aren't compared."""
    with pytest.raises(Differs, match="not 1000 on both sides"):
        await measure(demo_url, tmp_path, rows=1000, rounds=1, progress=lambda _: None)


def test_hidden_price_is_the_only_allowed_difference() -> None:
    """A value can only differ if policy hides it."""
    shown = _answer(name="core", rate=1)
    hidden = _answer(name="core", rate=None) | {"extensions": {"redactions": [{"path": ["ports", "nodes", "*", "rate"]}]}}

    compare(hidden, shown, 1)

    with pytest.raises(Differs, match="p1"):
        compare(_answer(name="edge", rate=1), shown, 1)
    with pytest.raises(Differs, match="p1"):
        compare(_answer(name="core", rate=None), shown, 1)


def test_results_are_printed_as_a_table_of_ratios() -> None:
    """The table has a row per result, with the ratio last."""
    assert (
        overhead_table([Result("a@b.example", "loader", 10, 1.1, 1.0)]).splitlines()[-1]
        == "| a@b.example, loader | 1.10 | 1.00 | 1.10 |"
    )


def _answer(**values: Any) -> dict[str, Any]:
    return {"data": {"ports": {"nodes": [{"id": "p1", **values}]}}}
