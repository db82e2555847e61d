"""The workload runs: servers start, their responses are equal, and each is measured."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from benchmarks.compare import Plan, measure
from benchmarks.machine import Cores, cpu_ms, family, memory, peak_memory
from benchmarks.peers.registry import GATEWAY, HANDWRITTEN, UNGUARDED, peers
from benchmarks.workload.database import workload
from benchmarks.workload.market import make
from models.embedded import Embedded
from tests import databases

NOBODY = 2**22 + 1  # larger than any process ID on Linux
SMALLER = 20  # times smaller than the measured market


@pytest.fixture
async def market(postgres: Embedded, migrated: str) -> AsyncIterator[str]:
    """Return the name of a database with a small workload market."""
    name = await databases.create(postgres, migrated)
    await workload(postgres, lambda _: None, name, SMALLER)
    yield name
    await databases.drop(postgres, name)


async def test_servers_give_equal_responses_and_are_measured(postgres: Embedded, market: str) -> None:
    """The gateway and the hand-written server give every viewer equal responses, and both use CPU time."""
    messages: list[str] = []
    chosen = [peers()[name] for name in (GATEWAY, UNGUARDED, HANDWRITTEN)]
    plan = Plan(chosen, ["Q1", "Q2", "Q3", "Q4"], rounds=1, seconds=0.02, connections=2, warm_up=1)

    comparison = await asyncio.to_thread(measure, postgres, plan, Cores.of_machine(), messages.append, market)

    assert {} == comparison.unequal
    assert 12 + 12 + 4 == len(comparison.samples)  # the partner also queries the gateway without policy
    assert all(sample.per_second > 0 for samples in comparison.samples.values() for sample in samples)
    assert {GATEWAY, UNGUARDED, HANDWRITTEN} == comparison.memory.keys()
    assert "round 1 of 1" in messages


def test_market_is_always_the_same() -> None:
    """Rows and keys depend only on the seed."""
    assert make(SMALLER).rows == make(SMALLER).rows


def test_process_usage_is_measured() -> None:
    """This process has used CPU and memory, and a missing process counts as 0."""
    this = os.getpid()

    assert this in family(this)
    assert cpu_ms([this]) > 0 == cpu_ms([NOBODY])
    assert 0 < memory(this) <= peak_memory(this)
