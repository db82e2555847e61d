"""Capacity: how many objects of one kind can be open at once, in the whole gateway, per peer and per signed-in viewer.

    CapacityExceeded ── the refusal at a limit: 503 for the gateway, 429 for a peer or viewer

`Counts` has the numbers: those of one process are here, those of several in `shared`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final, Protocol
from uuid import UUID

from starlette.types import Scope

from policies.viewer import Viewer
from telemetry.families import Count
from transport.limits.peers import peer_of
from transport.refusal import Refusal

RETRY_AFTER_SECONDS: Final = 5


class Share(StrEnum):
    """The scope of a limit."""

    GATEWAY = "gateway"
    PEER = "network address"
    VIEWER = "user"


@dataclass(frozen=True, slots=True)
class Holder:
    """A peer, a viewer, or the gateway, which has no name."""

    share: Share
    name: str | UUID | None = None


GATEWAY: Final = Holder(Share.GATEWAY)


def origin_of(scope: Scope) -> tuple[Holder, ...]:
    """Return the holders of what a request opens that are known before its viewer is: the gateway and the peer."""
    return GATEWAY, Holder(Share.PEER, peer_of(scope))


def holder_of(viewer: Viewer) -> tuple[Holder, ...]:
    """Return the viewer as a holder, or none if it is anonymous."""
    return () if viewer.user_id is None else (Holder(Share.VIEWER, viewer.user_id),)


class CapacityExceeded(Refusal):
    """A limit on open objects is reached (503 for the gateway, 429 for a peer or viewer)."""

    def __init__(self, code: str, things: str, limit: int, share: Share) -> None:
        """Make a message in which `things` names the limited objects in the plural."""
        self.share = share
        holder = "the gateway" if share is Share.GATEWAY else f"each {share.value}"
        status = HTTPStatus.SERVICE_UNAVAILABLE if share is Share.GATEWAY else HTTPStatus.TOO_MANY_REQUESTS
        message = f"Too many {things} are open; {holder} can have at most {limit}. Close some, or try again later."
        super().__init__(status, code, message, {"Retry-After": str(RETRY_AFTER_SECONDS)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits for one kind of object."""

    gateway: int
    peer: int
    viewer: int


class Counts(Protocol):
    """How many objects of one kind each holder has open."""

    def open(self, holder: Holder) -> int:
        """Return how many objects a holder has open."""

    def take(self, holders: tuple[Holder, ...], limits: Mapping[Share, int]) -> Share | None:
        """Count one more object for each holder. At a limit, count nothing and return whose limit it is."""

    def give_back(self, holders: tuple[Holder, ...]) -> None:
        """Count one object less for each holder."""


class OwnCounts:
    """The counts of a single process. Only open objects are counted, so the gateway's limit bounds their memory."""

    def __init__(self) -> None:
        self._open: Counter[Holder] = Counter()

    def open(self, holder: Holder) -> int:
        """Return how many objects a holder has open."""
        return self._open[holder]

    def take(self, holders: tuple[Holder, ...], limits: Mapping[Share, int]) -> Share | None:
        """Count one more object for each holder. See `Counts`."""
        for holder in holders:
            if self._open[holder] >= limits[holder.share]:
                return holder.share
        self._open.update(holders)
        return None

    def give_back(self, holders: tuple[Holder, ...]) -> None:
        """Count one object less for each holder."""
        for holder in holders:
            self._open[holder] -= 1
            if self._open[holder] <= 0:
                del self._open[holder]


class Capacity:
    """Counts open objects of one kind, and refuses to open more than allowed."""

    def __init__(self, code: str, things: str, limits: Limits, counts: Counts, gauge: Count | None = None) -> None:
        """Refuse with `code`; `things` names the counted objects in the plural. `gauge` shows how many this process has open."""
        self._code = code
        self._things = things
        self._limits = {Share.GATEWAY: limits.gateway, Share.PEER: limits.peer, Share.VIEWER: limits.viewer}
        self._counts = counts
        self._gauge = gauge or Count()

    def open(self, holder: Holder = GATEWAY) -> int:
        """Return how many objects a holder has open."""
        return self._counts.open(holder)

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
        full = self._counts.take(holders, self._limits)
        if full is not None:
            raise CapacityExceeded(self._code, self._things, self._limits[full], full)
        self._gauge.value += GATEWAY in holders

    def give_back(self, *holders: Holder) -> None:
        """Count one object less for each holder."""
        self._gauge.value -= GATEWAY in holders
        self._counts.give_back(holders)
