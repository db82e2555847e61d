"""Several processes are compared with one, unless the load uses all cores, and a replica with the primary alone."""

from __future__ import annotations

from benchmarks.processes import Layout, Processes, Use, layouts
from benchmarks.report import processes_table


def test_there_are_no_more_processes_than_cores() -> None:
    """The layout with a replica is measured on every machine."""
    expected = {1: [1, 1], 2: [1, 2, 1], 3: [1, 2, 1], 8: [1, 2, 4, 1]}

    assert expected == {cores: [layout.processes for layout in layouts(cores)] for cores in expected}
    assert Layout(1, replica=True) == layouts(2)[-1]


def test_two_processes_answer_more_than_one() -> None:
    """With cores to spare, the target is a ratio."""
    fast, slow = (found(Use(requests, 1.0, 1.0, 900.0, 100.0, 0.0, 100.0, 2900.0), cores=4) for requests in (190, 150))

    verdicts = [verdict for each in (fast, slow) for verdict in each.verdicts()]
    assert [(1.9, True), (1.5, False)] == [(verdict.figure, verdict.met) for verdict in verdicts]
    assert {"Q1: requests per second of 2 processes, over 1"} == {verdict.what for verdict in verdicts}


def test_target_is_met_where_gateway_postgresql_and_load_use_all_cores() -> None:
    """What other programs use doesn't count: such a run is disturbed, and says so."""
    full, disturbed = (found(Use(120, 1.0, 1.0, gateway, 500.0, 0.0, 200.0, 0.0)) for gateway in (1200.0, 400.0))

    (limited,), (missed,) = full.verdicts(), disturbed.verdicts()
    assert ("Q1: 2 processes are 1.20 times as fast as 1, because the cores are used up: share in use", True) == (
        limited.what,
        limited.met,
    )
    assert (0.95, 1.2, False) == (limited.figure, missed.figure, missed.met)
    assert "Q1: requests per second of 2 processes, over 1, while other programs used 0.9 cores" == missed.what


def test_replica_takes_a_share_of_the_primarys_work() -> None:
    """The primary's CPU per request is compared with that of as many processes without a replica."""
    results = found(Use(100, 1.0, 1.0, 900.0, 25.0, 100.0, 100.0, 0.0), Layout(1, replica=True))

    assert 0.75 == results.moved("Q1", Layout(1, replica=True))
    row = "| Q1, 1 process, a replica | 100 | 1.00 | 9.00 | 0.25 | 1.00 | 75% | 0.90 | 0.12 | 0.10 | 0.87 of 2 |"
    assert row == processes_table(results).splitlines()[-1]


def found(use: Use, layout: Layout = Layout(2), cores: int = 2) -> Processes:  # noqa: B008 (it never changes)
    """Return the results of Q1 for one process, which answers 100 requests per second, and another layout."""
    one = Use(100, 1.0, 1.0, 900.0, 100.0, 0.0, 100.0, 900.0)
    return Processes(cores, {("Q1", Layout(1)): [one], ("Q1", layout): [use]})
