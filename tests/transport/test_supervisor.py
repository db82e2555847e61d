"""The supervisor of several processes: children that fail neither make it loop nor leave it running for nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess

from transport.processes.supervisor import FIRST_DELAY, Place, Supervisor
from transport.shared_memory import shared_memory

FORKING = multiprocessing.get_context("fork")
PATIENCE = 30  # seconds
FAILED, STOPPED = 3, 0  # exit codes of the supervising process


@contextmanager
def supervising(run: Callable[[Place], None]) -> Iterator[tuple[ForkProcess, Connection]]:
    """Supervise two processes from a third, which ends with FAILED or STOPPED. Yields it, and a pipe with the time of each start."""
    reading, writing = FORKING.Pipe(duplex=False)

    def start(place: Place) -> None:
        writing.send(time.monotonic())
        run(place)

    def supervise() -> None:
        supervisor = Supervisor(start, processes=2, sockets=[], ended=lambda _seat: None, stop_seconds=1)
        os._exit(STOPPED if supervisor.run() else FAILED)

    process = FORKING.Process(target=supervise)
    process.start()
    try:
        yield process, reading
    finally:
        process.kill()
        process.join(PATIENCE)


def fail(_place: Place) -> None:
    """End at once."""
    os._exit(7)


def test_supervisor_ends_if_the_first_processes_fail() -> None:
    """Processes that end before they serve are started once, and the supervisor reports that it has failed."""
    with supervising(fail) as (process, starts):
        process.join(PATIENCE)
        count = 0
        while starts.poll():
            starts.recv()
            count += 1

    assert FAILED == process.exitcode
    assert 1 <= count <= 2


def test_process_that_fails_later_is_replaced_ever_more_slowly() -> None:
    """Once all have served, a process that keeps failing is started again after pauses that double."""
    has_served = shared_memory(2)

    def serve_once(place: Place) -> None:
        if place.slot == 0 and has_served[0]:
            fail(place)
        place.report_ready()
        has_served[place.slot] = True
        if place.slot == 1:
            signal.pause()
        while not has_served[1]:
            time.sleep(0.01)
        fail(place)

    with supervising(serve_once) as (process, starts):
        begun = [starts.recv() for _ in range(5)]
        process.terminate()
        process.join(PATIENCE)

    assert 2 * FIRST_DELAY <= begun[2] - begun[0]
    assert 4 * FIRST_DELAY <= begun[3] - begun[2]
    assert 8 * FIRST_DELAY <= begun[4] - begun[3]
    assert STOPPED == process.exitcode
