"""Capacity: how many objects of one kind can be open at once, per process, per peer and per signed-in viewer.

    CapacityExceeded ── the refusal at a limit: 503 for the process, 429 for a peer or viewer

Only open objects are counted, so the process limit bounds the memory of the counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final
from uuid import UUID

from starlette.types import Scope

from policies.viewer import Viewer
from telemetry.families import Count
from transport.limits.peers import peer_of
from transport.refusal import Refusal

RETRY_AFTER_SECONDS: Final = 5


class Share(StrEnum):
    """The scope of a limit."""

    PROCESS = "process"
    PEER = "network address"
    VIEWER = "user"


@dataclass(frozen=True, slots=True)
class Holder:
    """A peer, a viewer, or the process, which has no name."""

    share: Share
    name: str | UUID | None = None


PROCESS: Final = Holder(Share.PROCESS)


def origin_of(scope: Scope) -> tuple[Holder, ...]:
    """Return the holders of what a request opens that are known before its viewer is: the process and the peer."""
    return PROCESS, Holder(Share.PEER, peer_of(scope))


def holder_of(viewer: Viewer) -> tuple[Holder, ...]:
    """Return the viewer as a holder, or none if it is anonymous."""
    return () if viewer.user_id is None else (Holder(Share.VIEWER, viewer.user_id),)


class CapacityExceeded(Refusal):
    """A limit on open objects is reached (503 for the process, 429 for a peer or viewer)."""

    def __init__(self, code: str, things: str, limit: int, share: Share) -> None:
        """Make a message in which `things` names the limited objects in the plural."""
        self.share = share
        holder = "the gateway" if share is Share.PROCESS else f"each {share.value}"
        status = HTTPStatus.SERVICE_UNAVAILABLE if share is Share.PROCESS else HTTPStatus.TOO_MANY_REQUESTS
        message = f"Too many {things} are open; {holder} can have at most {limit}. Close some, or try again later."
        super().__init__(status, code, message, {"Retry-After": str(RETRY_AFTER_SECONDS)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits for one kind of object."""

    process: int
    peer: int
    viewer: int


class Capacity:
    """Counts open objects of one kind, and refuses to open more than allowed."""

    def __init__(self, code: str, things: str, limits: Limits, gauge: Count | None = None) -> None:
        """Refuse with `code`; `things` names the counted objects in the plural. `gauge` shows how many the process has open."""
        self._code = code
        self._things = things
        self._limits = {Share.PROCESS: limits.process, Share.PEER: limits.peer, Share.VIEWER: limits.viewer}
        self._open: Counter[Holder] = Counter()
        self._gauge = gauge or Count()

    def open(self, holder: Holder = PROCESS) -> int:
        """Return how many objects a holder has open."""
        return self._open[holder]

    @contextmanager
    def hold(self, *holders: Holder) -> Iterator[None]:
        """Count one more object for each holder until the block ends. Raises CapacityExceeded, and then counts nothing."""
        self.take(*holders)
        try:
            yield
        finally:
            self.give_back(*holders)

    def take(self, *holders: Holder) -> None:
        """Count one more object for each holder. Raises CapacityExceeded, and then counts nothing."""
        for holder in holders:
            if self._open[holder] >= self._limits[holder.share]:
                raise CapacityExceeded(self._code, self._things, self._limits[holder.share], holder.share)
        self._open.update(holders)
        self._gauge.value += PROCESS in holders

    def give_back(self, *holders: Holder) -> None:
        """Count one object less for each holder."""
        self._gauge.value -= PROCESS in holders
        for holder in holders:
            self._open[holder] -= 1
            if self._open[holder] <= 0:
                del self._open[holder]
