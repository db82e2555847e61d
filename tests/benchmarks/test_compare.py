"""The workload runs: servers are started, their answers found equal, and each is measured."""

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

NOBODY = 2**22 + 1  # more than the largest process id of Linux
SMALLER = 20  # times than the market that is measured


@pytest.fixture
async def market(postgres: Embedded, migrated: str) -> AsyncIterator[str]:
    """The name of a database with a small market of the workload."""
    name = await databases.create(postgres, migrated)
    await workload(postgres, lambda _: None, name, SMALLER)
    yield name
    await databases.drop(postgres, name)


async def test_servers_give_equal_answers_and_are_measured(postgres: Embedded, market: str) -> None:
    """Every viewer's answers of the gateway and of the hand-written server are equal, and both use the CPU."""
    said: list[str] = []
    chosen = [peers()[name] for name in (GATEWAY, UNGUARDED, HANDWRITTEN)]
    plan = Plan(chosen, ["Q1", "Q2", "Q3", "Q4"], rounds=1, seconds=0.02, connections=2, warm_up=1)

    found = await asyncio.to_thread(measure, postgres, plan, Cores.of_machine(), said.append, market)

    assert {} == found.unequal
    assert 12 + 12 + 4 == len(found.samples)  # whom nothing is hidden from also asks the gateway without policy
    assert all(sample.per_second > 0 for samples in found.samples.values() for sample in samples)
    assert {GATEWAY, UNGUARDED, HANDWRITTEN} == found.memory.keys()
    assert "round 1 of 1" in said


def test_the_market_is_the_same_each_time() -> None:
    """Rows and keys depend on nothing but the seed."""
    assert make(SMALLER).rows == make(SMALLER).rows


def test_a_process_is_accounted_for() -> None:
    """This process has used some CPU and some memory, and one that does not exist counts nothing."""
    this = os.getpid()

    assert this in family(this)
    assert cpu_ms([this]) > 0 == cpu_ms([NOBODY])
    assert 0 < memory(this) <= peak_memory(this)
