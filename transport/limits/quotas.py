"""Quotas: token buckets that limit how much work a viewer or a peer can request. Each operation is charged its cost.

A signed-in user has one bucket, whatever its address; anonymous viewers share the bucket of their peer. A bucket is stored as the
time when it is full again, in `Times`: those of one process are here, those of several in `shared`. Users and peers are stored
separately, so a flood of addresses doesn't affect users.

Responses report the remaining quota as `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from starlette.types import Scope

from policies.viewer import Viewer
from telemetry import metrics
from transport.headers import ADDED, RawHeader
from transport.limits.peers import peer_of
from transport.refusal import Refusal

WINDOW: Final = 60  # seconds in which an empty bucket fills
MAX_BUCKETS: Final = 100_000  # buckets of one kind, about 200 bytes each
SHARED_BUCKETS: Final = 1024  # buckets that new owners share once MAX_BUCKETS are stored
MIN_CHARGE: Final = 100  # minimum charge for any request, which must at least be read and answered
UPLOAD_CHARGE: Final = 5000  # a picture is decoded and encoded again
DOWNLOAD_CHARGE: Final = 10
EXPORT_CHARGE: Final = 5000  # any number of rows is read
ROUNDING_ERROR: Final = 1e-6  # in sums of floats
Owner = str | UUID
"""A peer or a user."""


class Payers(StrEnum):
    """The kinds of owners of buckets."""

    VIEWERS = "viewers"
    PEERS = "peers"


class RateLimited(Refusal):
    """The quota has too little left for a request (429)."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        message = f"You have used up your request quota. Try again in {seconds} {'second' if seconds == 1 else 'seconds'}."
        super().__init__(
            HTTPStatus.TOO_MANY_REQUESTS, "RATE_LIMITED", message, {"Retry-After": str(seconds)}, {"retryAfter": seconds}
        )


class Balance(NamedTuple):
    """A bucket's remaining whole units, and the seconds until it is full or, after a refusal, until the amount fits."""

    allowed: bool
    left: int
    seconds: int


class Times(Protocol):
    """When each owner's bucket is full again, on the clock of `time.monotonic`. A bucket that is full carries no information."""

    def add(self, owner: Owner, seconds: float, now: float) -> tuple[float, bool]:
        """Let a bucket be full `seconds` later, if that's within the window from now.

        Returns when it is full again, and whether that has changed.
        """


def exceeds_window(full_at: float, now: float) -> bool:
    """Return whether a bucket that is full again at a time would have more taken out than it holds."""
    return full_at - now - WINDOW > ROUNDING_ERROR


class OwnTimes:
    """The times of a single process. Full buckets are dropped, so no bucket outlives its window.

    If too many are stored, none is dropped, because that would refill an attacker's bucket: new peers then share a few buckets.
    """

    def __init__(self, max_buckets: int = MAX_BUCKETS) -> None:
        self._max_buckets = max_buckets
        self._full_at: dict[Owner | int, float] = {}  # in the order of the last charge

    def __len__(self) -> int:
        return len(self._full_at)

    def add(self, owner: Owner, seconds: float, now: float) -> tuple[float, bool]:
        """Let a bucket be full `seconds` later, if that's within the window. See `Times`."""
        key: Owner | int = owner
        full_at = self._full_at.get(owner)
        if full_at is None:
            key = self._bucket(owner, now)
            full_at = self._full_at.get(key, now)
        if full_at < now:
            full_at = now
        if exceeds_window(full_at + seconds, now):
            return full_at, False
        self._full_at.pop(key, None)
        self._full_at[key] = full_at + seconds
        return full_at + seconds, True

    def _bucket(self, owner: Owner, now: float) -> Owner | int:
        """Return the key of the bucket to charge for a new owner: its own, or a shared one if there's no room."""
        for _ in range(2):  # drop up to two full buckets per new one, so that the store shrinks after a flood
            oldest = next(iter(self._full_at), None)
            if oldest is None or self._full_at[oldest] > now:
                break
            del self._full_at[oldest]
        return owner if len(self._full_at) < self._max_buckets else hash(owner) % SHARED_BUCKETS


class Buckets:
    """Token buckets of equal size, one per owner."""

    def __init__(self, quota: int, times: Times, clock: Callable[[], float] = time.monotonic) -> None:
        self.quota = quota
        self.policy: RawHeader = (b"ratelimit-policy", b'"cost";q=%d;w=%d' % (quota, WINDOW))
        self._rate = quota / WINDOW
        self._times = times
        self._clock = clock

    def charge(self, owner: Owner, amount: int) -> Balance:
        """Charge an amount if the bucket has enough, otherwise nothing. An amount above the quota needs a full bucket."""
        now = self._clock()
        seconds = (amount if amount < self.quota else self.quota) / self._rate
        full_at, is_allowed = self._times.add(owner, seconds, now)
        missing = full_at - now
        left = max(0, int(self.quota - missing * self._rate + ROUNDING_ERROR))
        return Balance(is_allowed, left, math.ceil(missing if is_allowed else missing + seconds - WINDOW))


class Quotas:
    """The buckets of all users and peers."""

    def __init__(self, viewers: Buckets, peers: Buckets) -> None:
        """Set the buckets of users, and those that anonymous viewers of one address share."""
        self._viewers = viewers
        self._peers = peers

    def payer(self, scope: Scope, viewer: Viewer) -> Payer:
        """Return the payer for a viewer's requests."""
        if viewer.user_id is None:
            return Payer(self._peers, peer_of(scope), scope, is_visitor=True)
        return Payer(self._viewers, viewer.user_id, scope)


class Payer:
    """The bucket charged for a request or a connection. The response's headers report what is left."""

    __slots__ = ("_buckets", "_owner", "_state", "is_visitor")

    def __init__(self, buckets: Buckets, owner: Owner, scope: Scope, *, is_visitor: bool = False) -> None:
        self.is_visitor = is_visitor
        self._buckets = buckets
        self._owner = owner
        self._state = scope["state"]

    def charge(self, amount: int) -> None:
        """Charge an amount. Raises RateLimited, and then charges nothing."""
        balance = self._buckets.charge(self._owner, amount)
        self._state[ADDED] = self._headers(balance)
        if not balance.allowed:
            metrics.RATE_LIMITED.child("address" if self.is_visitor else "user").value += 1
            raise RateLimited(balance.seconds)

    def _headers(self, balance: Balance) -> tuple[RawHeader, ...]:
        return self._buckets.policy, (b"ratelimit", b'"cost";r=%d;t=%d' % (balance.left, balance.seconds))
