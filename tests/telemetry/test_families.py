"""Families of metrics: what their children hold, and that there are never too many."""

from __future__ import annotations

import pytest

from telemetry import metrics
from telemetry.families import MAX_CHILDREN, OTHER, Counter, Gauge, Histogram


def test_duration_is_counted_in_the_bucket_that_holds_it() -> None:
    """A bucket holds durations up to its bound, as Prometheus defines it; the last holds those above all bounds."""
    timing = Histogram("sample_seconds", "Sample.", bounds=(0.1, 1.0)).child()

    for seconds in (0.05, 0.1, 0.5, 2.0):
        timing.observe(seconds)

    assert [2, 1, 1] == timing.counts
    assert pytest.approx(2.65) == timing.total


def test_family_never_has_too_many_children() -> None:
    """Values beyond the limit share one child, so a label that follows requests can't fill the memory."""
    family = Counter("sample_total", "Sample.", ("value",))

    for number in range(10 * MAX_CHILDREN):
        family.child(str(number)).value += 1

    assert MAX_CHILDREN + 1 == len(family.children)
    assert 9 * MAX_CHILDREN == family.child(OTHER).value
    assert 1 == family.child("0").value


def test_gauge_with_a_reader_shows_what_it_reads() -> None:
    """A gauge shows the values of its children, or else what its reader returns at that moment."""
    gauge = Gauge("sample", "Sample.", ("value",))
    gauge.child("a").value = 3

    own = gauge.numbers()
    gauge.read = lambda: {("b",): 4}

    assert ({("a",): [3]}, {("b",): [4]}) == (own, gauge.numbers())


def test_names_follow_the_conventions() -> None:
    """Counters end with _total and histograms with their unit, as Prometheus' conventions want, and no name occurs twice."""
    names = [family.name for family in metrics.FAMILIES]

    assert [] == [each.name for each in metrics.FAMILIES if isinstance(each, Counter) and not each.name.endswith("_total")]
    assert [] == [
        each.name
        for each in metrics.FAMILIES
        if isinstance(each, Histogram) and not each.name.endswith("_duration_seconds")
        if each is not metrics.LOOP_DELAY_SECONDS
    ]
    assert all(name.startswith("crossgate_") for name in names)
    assert len(names) == len(set(names))
