"""Limits that several processes share: together they allow no more than one would, also when one of them is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from uuid import UUID

import pytest

from transport.limits.capacity import GATEWAY, Capacity, CapacityExceeded, Holder, Limits, Share
from transport.limits.ledger import Opened
from transport.limits.quotas import WINDOW, Buckets, Payers
from transport.limits.shared import WAYS, SharedLedger, SharedTimes
from transport.shared_memory import Locks, shared_memory

FORKING = multiprocessing.get_context("fork")
PROCESSES = 4
PATIENCE = 30  # seconds
USER = UUID("00000000-0000-7000-8000-00000000000a")
PEER = Holder(Share.PEER, "192.0.2.1")


def in_processes(run: Callable[[int], int]) -> list[int]:
    """Run a function with each number in a process of its own, all at the same time. Returns what it returns."""
    arrived = shared_memory(PROCESSES)

    def start(seat: int, end: Connection) -> None:
        arrived[seat] = True
        while not all(arrived):
            time.sleep(0.001)
        end.send(run(seat))

    pipes = [FORKING.Pipe(duplex=False) for _ in range(PROCESSES)]
    started = [FORKING.Process(target=start, args=(seat, end)) for seat, (_, end) in enumerate(pipes)]
    for process in started:
        process.start()
    for process in started:
        process.join(PATIENCE)
    return [reading.recv() for reading, _ in pipes]


@pytest.mark.parametrize("owner", ["192.0.2.1", USER])
def test_processes_allow_as_much_as_one(owner: str | UUID) -> None:
    """Four processes that charge the same bucket at once are allowed its quota, not four times as much."""
    ledger = SharedLedger(PROCESSES)

    def spend(seat: int) -> int:
        buckets = Buckets(10_000, ledger.at(seat).times(Payers.PEERS), clock=lambda: 5.0)
        return sum(buckets.charge(owner, 1).allowed for _ in range(10_000))

    assert 10_000 == sum(in_processes(spend))


def test_processes_open_as_much_as_one() -> None:
    """Four processes that take places at once get as many as there are."""
    ledger = SharedLedger(PROCESSES)
    limits = Limits(gateway=10_000, peer=5000, viewer=1)

    def take(seat: int) -> int:
        capacity, taken = Capacity("TOO_MANY", "things", limits, ledger.at(seat).counts(Opened.SOCKETS)), 0
        for _ in range(2000):
            try:
                capacity.take(GATEWAY, PEER)
            except CapacityExceeded:
                continue
            taken += 1
        return taken

    assert 5000 == sum(in_processes(take))
    assert (5000, 5000) == tuple(ledger.at(0).counts(Opened.SOCKETS).open(holder) for holder in (GATEWAY, PEER))


def test_what_an_ended_process_had_open_is_free_again() -> None:
    """The places of a process are freed by its seat. Those of the others stay taken."""
    ledger = SharedLedger(2)
    first, second = (ledger.at(seat).counts(Opened.CONNECTIONS) for seat in range(2))
    limits = {Share.GATEWAY: 3, Share.PEER: 3}
    taken = [counts.take((GATEWAY, PEER), limits) for counts in (first, first, second, second)]

    ledger.free(0)

    assert [None, None, None, Share.GATEWAY] == taken
    assert (1, 1) == (second.open(GATEWAY), second.open(PEER))


def test_flood_gives_nobody_a_new_quota() -> None:
    """When a set has no idle bucket, newcomers take over the fullest with its balance, so all of them spend what it holds."""
    buckets = Buckets(100, SharedTimes(sets=1), clock=lambda: 1000.0)
    buckets.charge("attacker", 100)
    buckets.charge("honest", 90)

    flood = [buckets.charge(f"peer {number}", 1).allowed for number in range(5000)]

    assert (WAYS - 2) * 100 + 10 == sum(flood)
    assert [False, False] == [buckets.charge(owner, 1).allowed for owner in ("attacker", "peer 0")]


def test_fullest_bucket_is_the_one_that_is_taken_over() -> None:
    """As long as a set has an idle bucket or a fuller one, a spent bucket stays its owner's."""
    now = 1000.0
    buckets = Buckets(100, SharedTimes(sets=1), clock=lambda: now)
    buckets.charge("spender", 100)
    for number in range(50):
        buckets.charge(f"peer {number}", 1)
    spent = buckets.charge("spender", 1)
    now += WINDOW
    refilled = buckets.charge("spender", 100)

    assert (False, True) == (spent.allowed, refilled.allowed)


def test_killed_process_holds_no_lock() -> None:
    """A lock of a process that is killed is free at once."""
    locks = Locks()
    reading, writing = FORKING.Pipe(duplex=False)

    def hold() -> None:
        locks.acquire(7)
        writing.send(True)
        signal.pause()

    holder = FORKING.Process(target=hold)
    holder.start()
    reading.recv()
    os.kill(holder.pid or 0, signal.SIGKILL)
    signal.alarm(PATIENCE)  # ends the test, if the lock is never free
    with locks.held(7):
        signal.alarm(0)
    holder.join(PATIENCE)

    assert -signal.SIGKILL == holder.exitcode
