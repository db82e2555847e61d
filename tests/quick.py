"""Runs a part of the tests in a minute, for `make test-quick`: those closest to the changed files first.

Run it as `python -m tests.quick`, with options of pytest. When the time is up, the remaining tests are reported as skipped.
`make test` runs all of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
SECONDS: Final = 75  # from the start; a running test isn't interrupted
END: Final = "CROSSGATE_QUICK_END"  # the environment variable that tells workers when the time is up
MAIN: Final = ("origin/main", "main")
LONG: Final = ("tests/scale", "tests/crash", "tests/portal", "tests/interference", "tests/execution/test_differential.py")
LONGER: Final = ("tests/schema/test_generators.py", "tests/policies/test_three_verdicts.py", "tests/benchmarks", "tests/kit")
FAR: Final = 9  # the rank of a file that no change concerns


def rank(file: str, changed: Collection[str]) -> int:
    """Return how close a test file is to the changed files. 0 means that the file itself has changed."""
    if file in changed:
        return 0
    test = PurePosixPath(file)
    stem, layer = test.stem.removeprefix("test_"), test.parts[1]
    paths = [PurePosixPath(each) for each in changed if not each.startswith("tests/")]
    if any(path.stem == stem for path in paths):
        return 1
    if any(path.parts[0] == layer for path in paths):
        return 2
    return 3 if layer == "rules" else FAR


def is_long(file: str) -> bool:
    """Whether a file takes too long to run unless it has changed itself."""
    return file.startswith((*LONG, *LONGER))


@cache
def changed_files() -> frozenset[str]:
    """Return new files, and those that differ from the merge base with the main branch, or from HEAD without a main branch."""
    bases = [base for name in MAIN if (base := _git("merge-base", "HEAD", name))]
    differing = _git("diff", "--name-only", *(bases[0] if bases else ["HEAD"]))
    return frozenset([*differing, *_git("ls-files", "--others", "--exclude-standard")])


def chosen(items: Iterable[pytest.Item], changed: Collection[str]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the tests to run, the closest first, and those that take too long. A slow file runs if it has changed itself."""
    ranked = sorted((rank(file_of(item), changed), number, item) for number, item in enumerate(items))
    run = [item for place, _, item in ranked if place == 0 or not is_long(file_of(item))]
    return run, [item for place, _, item in ranked if place and is_long(file_of(item))]


def file_of(item: pytest.Item) -> str:
    """Return the path of a test's file."""
    return item.nodeid.partition("::")[0]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the closest tests first, and deselect the slow ones."""
    items[:], left = chosen(items, changed_files())
    config.hook.pytest_deselected(items=left)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Skip the remaining tests when the time is up."""
    if time.time() > float(os.environ.get(END, "inf")):
        pytest.skip("the time is up")


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


if __name__ == "__main__":
    os.environ[END] = str(time.time() + SECONDS)
    sys.exit(pytest.main(["-p", "tests.quick", *sys.argv[1:]]))
