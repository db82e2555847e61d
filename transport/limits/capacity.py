"""Capacity: how many things of a kind may be open at once, in the process, for each peer, and for each signed-in viewer.

    Full ── what is refused where a bound is met: 503 for the process, 429 for a peer or viewer

Only what is open is counted, so the counts need no more memory than the process has bound.
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
from transport.limits.peers import peer_of
from transport.refusal import Refusal

RETRY_SECONDS: Final = 5


class Share(StrEnum):
    """Whose things a bound counts."""

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
    """Who holds what a request opens, as far as is known before its viewer is."""
    return PROCESS, Holder(Share.PEER, peer_of(scope))


def holder_of(viewer: Viewer) -> tuple[Holder, ...]:
    """Who else holds it once its viewer is known: nobody if that is a visitor."""
    return () if viewer.user_id is None else (Holder(Share.VIEWER, viewer.user_id),)


class CapacityExceeded(Refusal):
    """One thing more than a bound allows."""

    def __init__(self, code: str, things: str, most: int, share: Share) -> None:
        """`things` is the plural of what is bound."""
        self.share = share
        whose = "the gateway" if share is Share.PROCESS else f"each {share.value}"
        status = HTTPStatus.SERVICE_UNAVAILABLE if share is Share.PROCESS else HTTPStatus.TOO_MANY_REQUESTS
        message = f"Too many {things} are open: {whose} may have {most}. Close some, or try again later."
        super().__init__(status, code, message, {"Retry-After": str(RETRY_SECONDS)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one kind of thing."""

    process: int
    peer: int
    viewer: int


class Capacity:
    """Counts the things of one kind that are open, and refuses one too many."""

    def __init__(self, code: str, things: str, most: Limits) -> None:
        """`code` is that of a refusal, `things` the plural of what is counted."""
        self._code = code
        self._things = things
        self._most = {Share.PROCESS: most.process, Share.PEER: most.peer, Share.VIEWER: most.viewer}
        self._open: Counter[Holder] = Counter()

    def open(self, holder: Holder = PROCESS) -> int:
        """How many a holder has open."""
        return self._open[holder]

    @contextmanager
    def hold(self, *holders: Holder) -> Iterator[None]:
        """One more for each holder, until the block ends. Raises Full, and then counts nothing."""
        self.take(*holders)
        try:
            yield
        finally:
            self.give_back(*holders)

    def take(self, *holders: Holder) -> None:
        """One more for each holder. Raises Full, and then counts nothing."""
        for holder in holders:
            if self._open[holder] >= self._most[holder.share]:
                raise CapacityExceeded(self._code, self._things, self._most[holder.share], holder.share)
        self._open.update(holders)

    def give_back(self, *holders: Holder) -> None:
        """One less for each holder."""
        for holder in holders:
            self._open[holder] -= 1
            if self._open[holder] <= 0:
                del self._open[holder]
