"""Figures of many samples are medians, and ratios are made within a round."""

from __future__ import annotations

from benchmarks.figures import Sample, medians, ratio
from benchmarks.load.job import Job, outcome


def test_a_ratio_is_the_median_of_the_ratios_of_rounds() -> None:
    """A round in which the machine was slow disturbs both sides alike, and one odd round disturbs nothing."""
    ours = [_sample(cpu) for cpu in (1.0, 10.0, 7.0)]
    theirs = [_sample(cpu) for cpu in (2.0, 20.0, 1.0)]

    assert ratio(ours, theirs, "server_cpu_ms") == 0.5


def test_there_is_no_ratio_over_nothing() -> None:
    """Where the other side measured nothing there is no ratio."""
    assert ratio([_sample(1.0)], [_sample(0.0)], "server_cpu_ms") is None


def test_figures_are_medians() -> None:
    """Each figure is the median of its samples."""
    assert medians([_sample(cpu) for cpu in (3.0, 1.0, 2.0)])["server_cpu_ms"] == 2.0


def test_latencies_are_told_as_percentiles() -> None:
    """Half of the requests took as long as the first percentile, all but a hundredth as long as the second."""
    told = outcome([number * 1_000_000 for number in range(101)], 1.0, 7)

    assert told == {"requests": 101, "seconds": 1.0, "p50_ms": 50.0, "p99_ms": 99.0, "answer_bytes": 7}


def test_one_request_has_percentiles_too() -> None:
    """A slice in which only one request was answered has its latency as every percentile."""
    assert outcome([2_000_000], 1.0, 7)["p99_ms"] == 2.0


def test_a_job_is_sent_as_http() -> None:
    """A job's request has its headers, its length and its content."""
    request = Job(80, "{}", {"X-Viewer": "PARTNER"}).request()

    assert request.startswith(b"POST /graphql HTTP/1.1\r\n")
    assert b"\r\nContent-Length: 2\r\nX-Viewer: PARTNER\r\n\r\n{}" in request


def _sample(cpu: float) -> Sample:
    return Sample(per_second=100, p50_ms=1, p99_ms=2, server_cpu_ms=cpu, postgres_cpu_ms=0)
