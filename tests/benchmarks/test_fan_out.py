"""An event is decided once for all who share an answer, within milliseconds."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.fan_out import FanOut, FanOuts
from benchmarks.report import fan_out_table

MIB = 2**20
SHARED = FanOut(1000, 150, 0.2, 200.0, 20.0, 60 * 1024, 150 * MIB, 8.0, 6.0, 2.0, 1.0, 4.0)
FOUND = FanOuts(SHARED, replace(SHARED, seconds=3.0, viewers_ms=0.0, deciding_ms=3.0, answers_ms=0.0, decisions=150.0))


def test_deciding_has_a_target_of_its_own() -> None:
    """Only the way that subscribers normally take has targets."""
    assert [(0.2, True), (6.0, False), (0.5, True)] == [(each.figure, each.met) for each in FOUND.verdicts()]


def test_table_says_how_many_decisions_there_were_and_how_long_each_took() -> None:
    """There is a row for each way to serve subscribers."""
    lines = fan_out_table(FOUND).splitlines()

    assert 1 == len({line.count("|") for line in lines})
    assert "| sharing | 1,000 | 150 | 0.20 | 200 | 20 | 8.0 | 1 | 6.0 | 2.0 | 4.0 | 60 | 150 |" == lines[2]
    assert "| each alone | 1,000 | 150 | 3.00 | 200 | 20 | 0.0 | 150 | 3.0 | 0.0 | 4.0 | 60 | 150 |" == lines[3]
