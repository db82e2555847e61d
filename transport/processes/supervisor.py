"""The parent of several gateway processes: it starts them, replaces those that end, and restarts or stops all.

SIGHUP replaces one child after the other: the next only when the last replacement serves and its predecessor has ended. All
children accept from the same listening sockets, which the parent keeps open, so no connection waits for a process that is going
away. SIGTERM and SIGINT stop everything; a second one kills.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Final

import structlog

START_SECONDS: Final = 60.0  # for a child to serve
GRACE: Final = 5.0  # seconds after a child's own time to stop until it's killed
FIRST_DELAY: Final = 0.1  # seconds until a child that has ended is replaced; each early end doubles it
MAX_DELAY: Final = 30.0
SETTLED: Final = 60.0  # seconds after which an end is no longer an early one
STOPPING: Final = frozenset({signal.SIGTERM, signal.SIGINT})
RESTARTING: Final = signal.SIGHUP
RETIRING: Final = signal.SIGQUIT  # tells a child to stop once its clients have been told to use other connections
SIGNALS: Final = STOPPING | {RESTARTING}
NEVER: Final = float("inf")

log = structlog.stdlib.get_logger("crossgate.processes")
_forking: Final = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class Place:
    """What a child knows of itself. `slot` is below the number of processes; `seat`, its own memory, can also be equal to it.

    `lifeline` is a file descriptor that ends when the parent does.
    """

    slot: int
    seat: int
    lifeline: int
    _readiness: Connection

    def report_ready(self) -> None:
        """Tell the parent that this process serves."""
        self._readiness.send_bytes(b"ready")


def seats_of(processes: int) -> int:
    """Return the number of seats: one more than slots, because a replacement starts before its predecessor has ended."""
    return processes + 1


class Child:
    """A forked process. `deadline` is when it's killed."""

    def __init__(self, run: Callable[[Place], None], slot: int, seat: int, lifeline: tuple[int, int]) -> None:
        """Fork. Signals are blocked until the child has handlers of its own, so that none reaches the parent's."""
        self.slot = slot
        self.seat = seat
        self.is_ready = False
        self.is_leaving = False
        self.started = time.monotonic()
        self.deadline = self.started + START_SECONDS
        self.readiness, readiness = _forking.Pipe(duplex=False)
        self._process = _forking.Process(target=_enter, args=(run, Place(slot, seat, lifeline[0], readiness), lifeline[1]))
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS | {RETIRING})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        readiness.close()

    @property
    def pid(self) -> int:
        """The process ID."""
        return self._process.pid or 0

    @property
    def sentinel(self) -> int:
        """What `wait` waits for until the process ends."""
        return self._process.sentinel

    @property
    def exit_code(self) -> int | None:
        """The exit code, or the negative number of the signal that ended it; None while it runs."""
        return self._process.exitcode

    def hear(self) -> bool:
        """Return whether the child has become ready since the last call."""
        if self.is_ready or not self.readiness.poll():
            return False
        with suppress(EOFError):
            self.is_ready = bool(self.readiness.recv_bytes())
            self.deadline = NEVER
        return self.is_ready

    def leave(self, number: int, seconds: float) -> None:
        """Ask the child to end within `seconds`."""
        self.is_leaving = True
        self.deadline = time.monotonic() + seconds + GRACE
        self.signal(number)

    def signal(self, number: int) -> None:
        """Send a signal, if the child still runs."""
        if self.exit_code is None:
            os.kill(self.pid, number)

    def close(self) -> None:
        """Free what belongs to a child that has ended."""
        self._process.join()
        self._process.close()
        self.readiness.close()


def _enter(run: Callable[[Place], None], place: Place, lifeline: int) -> None:
    """Run a child. The terminal sends SIGINT and SIGHUP to the whole group; the parent alone decides what they mean."""
    signal.set_wakeup_fd(-1)
    os.close(lifeline)
    for number in (signal.SIGINT, RESTARTING):
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGTERM, RETIRING):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS | {RETIRING})
    run(place)


class Supervisor:
    """Keeps `processes` children running. `run` is a child's whole life; `ended` frees what its seat holds."""

    def __init__(
        self,
        run: Callable[[Place], None],
        *,
        processes: int,
        sockets: Sequence[socket.socket],
        ended: Callable[[int], None],
        stop_seconds: float,
    ) -> None:
        """Children have `stop_seconds` to stop. The sockets are those that they accept from."""
        self._run = run
        self._processes = processes
        self._sockets = sockets
        self._ended = ended
        self._stop_seconds = stop_seconds
        self._children: list[Child] = []
        self._missing: dict[int, float] = dict.fromkeys(range(processes), 0.0)  # when to start a child, by slot
        self._early_ends = [0] * processes
        self._to_restart: deque[int] = deque()
        self._has_served = False  # once all have
        self._is_stopping = False
        self._has_failed = False
        self._lifeline = os.pipe()

    def run(self) -> bool:
        """Supervise until a signal ends it. Returns False if it had to end because a child couldn't start."""
        with _signals() as wake:
            try:
                while not self._is_stopping or self._children:
                    self._turn(wake)
            finally:
                for child in self._children:
                    child.signal(signal.SIGKILL)
                for end in self._lifeline:
                    os.close(end)
        return not self._has_failed

    def _turn(self, wake: socket.socket) -> None:
        self._start_missing()
        wait([wake, *(child.sentinel for child in self._children), *self._unheard()], self._seconds())
        for number in _received(wake):
            self._handle(number)
        for child in self._children:
            if child.hear():
                self._welcome(child)
        for child in [child for child in self._children if child.exit_code is not None]:
            self._bury(child)
        for child in self._children:
            if time.monotonic() >= child.deadline:
                log.error("process.killed", pid=child.pid, slot=child.slot)
                child.signal(signal.SIGKILL)
                child.deadline = NEVER
        self._restart_next()

    def _unheard(self) -> Iterator[Connection]:
        return (child.readiness for child in self._children if not child.is_ready)

    def _seconds(self) -> float | None:
        """Return how long to wait at most until something has to be done."""
        due = min([*self._missing.values(), *(child.deadline for child in self._children)], default=NEVER)
        return None if due == NEVER else max(0.0, due - time.monotonic())

    def _start_missing(self) -> None:
        for slot, due in list(self._missing.items()):
            if time.monotonic() >= due:
                del self._missing[slot]
                self._start(slot)

    def _start(self, slot: int) -> None:
        taken = {child.seat for child in self._children}
        seat = next(seat for seat in range(seats_of(self._processes)) if seat not in taken)
        child = Child(self._run, slot, seat, self._lifeline)
        self._children.append(child)
        log.info("process.started", pid=child.pid, slot=slot)

    def _handle(self, number: int) -> None:
        if number == RESTARTING and not self._is_stopping:
            log.info("processes.restarting")
            self._to_restart = deque(range(self._processes))
        elif number in STOPPING and self._is_stopping:
            for child in self._children:
                child.signal(signal.SIGKILL)
        elif number in STOPPING:
            log.info("processes.stopping")
            self._stop()

    def _stop(self) -> None:
        self._is_stopping = True
        self._missing.clear()
        self._to_restart.clear()
        for listening in self._sockets:
            listening.close()
        for child in self._children:
            child.leave(signal.SIGTERM, self._stop_seconds)

    def _welcome(self, child: Child) -> None:
        """Retire the child that a new one replaces."""
        log.info("process.ready", pid=child.pid, slot=child.slot)
        for other in self._children:
            if other.slot == child.slot and other is not child and not other.is_leaving:
                other.leave(RETIRING, self._stop_seconds)
        serving = {each.slot for each in self._children if each.is_ready}
        self._has_served = self._has_served or len(serving) == self._processes

    def _bury(self, child: Child) -> None:
        """Note the end of a child, and replace it if nothing else has."""
        self._children.remove(child)
        self._ended(child.seat)
        facts = {"pid": child.pid, "slot": child.slot, "exit_code": child.exit_code}
        child.close()
        if child.is_leaving:
            log.info("process.stopped", **facts)
            return
        log.error("process.died" if child.is_ready else "process.not_started", **facts)
        if not self._has_served and not child.is_ready:
            self._has_failed = True
            self._stop()  # it would fail again
        elif any(other.slot == child.slot for other in self._children):
            self._to_restart.clear()  # the others keep what works
        else:
            self._missing[child.slot] = time.monotonic() + self._delay(child)

    def _delay(self, child: Child) -> float:
        """Return the seconds until a child is replaced."""
        is_early = time.monotonic() - child.started < SETTLED
        self._early_ends[child.slot] = self._early_ends[child.slot] + 1 if is_early else 0
        return float(min(FIRST_DELAY * 2 ** min(self._early_ends[child.slot], 20), MAX_DELAY))

    def _restart_next(self) -> None:
        """Start the next replacement, unless another change is going on."""
        if self._to_restart and not self._missing and all(child.is_ready and not child.is_leaving for child in self._children):
            self._start(self._to_restart.popleft())


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """Collect signals during the block. Yields a socket that can be read when one has arrived."""
    reading, writing = socket.socketpair()
    with reading, writing:
        reading.setblocking(False)
        writing.setblocking(False)
        before = {number: signal.signal(number, _note) for number in SIGNALS}
        awake = signal.set_wakeup_fd(writing.fileno())
        try:
            yield reading
        finally:
            signal.set_wakeup_fd(awake)
            for number, handler in before.items():
                signal.signal(number, handler)


def _note(_number: int, _frame: Any) -> None:
    """Do nothing: Python has written the signal's number to the socket."""


def _received(wake: socket.socket) -> bytes:
    try:
        return wake.recv(4096)
    except BlockingIOError:
        return b""
