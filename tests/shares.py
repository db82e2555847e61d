"""A run of all tests takes a share of the longest ones, another one each time.

CROSSGATE_SHARE draws it: `make test` sets it, and all workers of a run have the same. `make test-deep` and a run of chosen tests
take all.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from random import Random
from typing import Final

import pytest

MARK: Final = "share"
VARIABLE: Final = "CROSSGATE_SHARE"


def drawn(items: Sequence[pytest.Item], seed: str) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the tests to run and those to leave out: of each test marked with `share(n)`, one case in `n`, and at least one."""
    pools: dict[tuple[str, int], list[pytest.Item]] = defaultdict(list)
    for item in items:
        if (mark := item.get_closest_marker(MARK)) is not None:
            pools[item.nodeid.partition("[")[0], mark.args[0]].append(item)
    left = {id(item) for (name, of), pool in pools.items() for item in _left(pool, of, Random(f"{seed} {name}"))}
    return [item for item in items if id(item) not in left], [item for item in items if id(item) in left]


def _left(pool: list[pytest.Item], of: int, random: Random) -> list[pytest.Item]:
    return random.sample(pool, len(pool) - max(1, len(pool) // of))


def take(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this run doesn't take."""
    if seed := os.environ.get(VARIABLE):
        items[:], left = drawn(items, seed)
        config.hook.pytest_deselected(items=left)
