"""Statistics of many samples are medians, and ratios are computed within a round."""

from __future__ import annotations

from benchmarks.figures import Sample, medians, ratio
from benchmarks.load.job import Job, outcome


def test_ratio_is_the_median_of_the_rounds() -> None:
    """A slow round affects both sides alike, and a single outlier doesn't change the ratio."""
    ours = [_sample(cpu) for cpu in (1.0, 10.0, 7.0)]
    theirs = [_sample(cpu) for cpu in (2.0, 20.0, 1.0)]

    assert ratio(ours, theirs, "server_cpu_ms") == 0.5


def test_ratio_to_zero_is_none() -> None:
    """There is no ratio if the other side's value is 0."""
    assert ratio([_sample(1.0)], [_sample(0.0)], "server_cpu_ms") is None


def test_figures_are_medians() -> None:
    """Each statistic is the median of its samples."""
    assert medians([_sample(cpu) for cpu in (3.0, 1.0, 2.0)])["server_cpu_ms"] == 2.0


def test_latencies_are_reported_as_percentiles() -> None:
    """The outcome has the 50th, the 95th and the 99th percentile."""
    result = outcome([number * 1_000_000 for number in range(101)], [5_000_000], 1.0, 7)

    assert {"p50_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0, "first_byte_ms": 5.0} == {
        name: value for name, value in result.items() if name.endswith("_ms")
    }
    assert {"requests": 101, "seconds": 1.0, "answer_bytes": 7}.items() < result.items()


def test_single_request_has_percentiles() -> None:
    """With only one response, its latency is every percentile."""
    assert outcome([2_000_000], [1_000_000], 1.0, 7)["p99_ms"] == 2.0


def test_job_is_sent_as_http() -> None:
    """A job's request has its headers, its length and its content."""
    request = Job(80, "{}", {"X-Viewer": "PARTNER"}).request()

    assert request.startswith(b"POST /graphql HTTP/1.1\r\n")
    assert b"\r\nContent-Length: 2\r\nX-Viewer: PARTNER\r\n\r\n{}" in request


def test_connections_send_bodies_in_turn() -> None:
    """With more connections than bodies, the first one comes again."""
    job = Job(80, "", bodies=["{0}", "{1}"])

    assert [b"{0}", b"{1}", b"{0}"] == [job.request(connection)[-3:] for connection in range(3)]


def _sample(cpu: float) -> Sample:
    return Sample(per_second=100, p50_ms=1, p99_ms=2, server_cpu_ms=cpu, postgres_cpu_ms=0)
