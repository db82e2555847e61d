"""`make test-quick` starts with the tests closest to the changed files."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.quick import chosen, file_of, rank

CHANGED = {"resolvers/port.py", "tests/scale/test_pages.py"}


def items(*files: str) -> list[pytest.Item]:
    """Return one test for each file."""
    return [cast("Any", SimpleNamespace(nodeid=f"{file}::test")) for file in files]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("tests/scale/test_pages.py", 0),
        ("tests/rules/test_port.py", 1),
        ("tests/resolvers/test_text.py", 2),
        ("tests/rules/test_user.py", 3),
        ("tests/models/test_price.py", 9),
    ],
)
def test_file_is_ranked_by_its_name_then_by_its_layer(file: str, expected: int) -> None:
    """A concept has the same file name in every layer."""
    assert expected == rank(file, CHANGED)


def test_closest_tests_run_first_and_slow_ones_are_left_out() -> None:
    """A slow file runs only if it has changed itself. Files of equal rank keep their order."""
    files = (
        "tests/crash/test_crash.py",
        "tests/models/test_price.py",
        "tests/models/test_facts.py",
        "tests/rules/test_port.py",
    )

    run, left = chosen(items(*files, "tests/scale/test_pages.py"), CHANGED)

    assert ["tests/scale/test_pages.py", files[3], files[1], files[2]] == [file_of(each) for each in run]
    assert [files[0]] == [file_of(each) for each in left]
