"""A run of all tests takes a share of the longest ones."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from tests.shares import drawn

NAMES = [f"tests/test_long.py::test_long[{number}]" for number in range(7)]


def item(name: str, of: int | None) -> pytest.Item:
    """Return a test, of whose cases one in `of` is run."""
    mark = None if of is None else SimpleNamespace(args=(of,))
    return cast("pytest.Item", SimpleNamespace(nodeid=name, get_closest_marker=lambda _: mark))


def test_each_run_draws_its_share_of_cases() -> None:
    """The same text draws the same cases. In time, each case has its turn, and all other tests always run."""
    items = [item("tests/test_short.py::test_short", None), *(item(name, 3) for name in NAMES)]
    runs = [[each.nodeid for each in drawn(items, str(run))[0]] for run in range(100)]

    assert {3} == {len(run) for run in runs}
    assert {"tests/test_short.py::test_short"} == {run[0] for run in runs}
    assert set(NAMES) == {name for run in runs for name in run[1:]}
    assert runs[0] == [each.nodeid for each in drawn(items, "0")[0]]


def test_one_case_runs_at_least_and_the_others_are_named() -> None:
    """A test with fewer cases than shares runs one of them."""
    items = [item(name, 10) for name in NAMES]

    run, left = drawn(items, "0")

    assert 1 == len(run)
    assert set(NAMES) == {each.nodeid for each in (*run, *left)}
