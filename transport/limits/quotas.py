"""Quotas: how much work a viewer or a peer may ask for, as token buckets that operations are charged to by their cost.

A signed-in user has a bucket, whatever address it comes from; visitors share the bucket of their peer. A bucket is one number, the
time at which it is full again. A full bucket says nothing and is dropped, so buckets never outlive their window. Where too many
are kept, none is dropped, since that would refill what an attacker has spent: peers that are not known yet then share a few buckets.
Users and peers are kept apart, so that a flood of addresses costs no user anything.

The answer tells what is left as `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable
from http import HTTPStatus
from typing import Final, NamedTuple

from starlette.types import Scope

from policies.viewer import Viewer
from transport.headers import ADDED, RawHeader
from transport.limits.peers import peer_of
from transport.refusal import Refusal

WINDOW: Final = 60  # seconds in which an empty bucket fills
KEPT: Final = 100_000  # buckets of one kind, of some 200 bytes each
SHARED: Final = 1024  # buckets for whoever comes when so many are kept
LEAST: Final = 100  # what any request is charged: it has to be read and answered, whatever it asks for
UPLOAD: Final = 5000  # a picture is decoded and made anew
DOWNLOAD: Final = 10
NOISE: Final = 1e-6  # of sums of floats


class RateLimited(Refusal):
    """More work than a quota has left."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        message = f"The quota is spent. Try again in {seconds} {'second' if seconds == 1 else 'seconds'}."
        super().__init__(
            HTTPStatus.TOO_MANY_REQUESTS, "RATE_LIMITED", message, {"Retry-After": str(seconds)}, {"retryAfter": seconds}
        )


class Balance(NamedTuple):
    """What a bucket has left, in whole units, and the seconds until it is full, or until what was refused would fit."""

    allowed: bool
    left: int
    seconds: int


class Buckets:
    """Token buckets of equal size by their owners."""

    def __init__(self, quota: int, kept: int = KEPT, clock: Callable[[], float] = time.monotonic) -> None:
        self.quota = quota
        self.policy: RawHeader = (b"ratelimit-policy", b'"cost";q=%d;w=%d' % (quota, WINDOW))
        self._rate = quota / WINDOW
        self._kept = kept
        self._clock = clock
        self._full_at: dict[Hashable, float] = {}  # the bucket that was charged last stands last

    def __len__(self) -> int:
        return len(self._full_at)

    def charge(self, owner: Hashable, amount: int) -> Balance:
        """Take an amount if it is there; nothing otherwise. An amount above the quota needs a full bucket."""
        now = self._clock()
        full_at = self._full_at.get(owner)
        if full_at is None:
            owner = self._bucket(owner, now)
            full_at = self._full_at.get(owner, now)
        if full_at < now:
            full_at = now
        then = full_at + (amount if amount < self.quota else self.quota) / self._rate
        if (over := then - now - WINDOW) > NOISE:
            return Balance(False, self._left(full_at - now), math.ceil(over))
        self._full_at.pop(owner, None)
        self._full_at[owner] = then
        return Balance(True, self._left(then - now), math.ceil(then - now))

    def _left(self, missing: float) -> int:
        """What is left where so many seconds of filling are missing."""
        return max(0, int(self.quota - missing * self._rate + NOISE))

    def _bucket(self, owner: Hashable, now: float) -> Hashable:
        """Whose bucket is charged for an owner that has none: a new one, or a shared one if there is no place for another."""
        for _ in range(2):  # two go for each that comes, so that what a flood leaves goes too
            oldest = next(iter(self._full_at), None)
            if oldest is None or self._full_at[oldest] > now:
                break
            del self._full_at[oldest]
        return owner if len(self._full_at) < self._kept else hash(owner) % SHARED


class Quotas:
    """The buckets of all users and peers."""

    def __init__(self, viewer: int, peer: int) -> None:
        """`viewer` is how much a user may ask for in a window, `peer` what the visitors of one address may."""
        self._viewers = Buckets(viewer)
        self._peers = Buckets(peer)

    def payer(self, scope: Scope, viewer: Viewer) -> Payer:
        """Who pays for what a viewer asks."""
        if viewer.user_id is None:
            return Payer(self._peers, peer_of(scope), scope)
        return Payer(self._viewers, viewer.user_id, scope)


class Payer:
    """Who is charged for a request, or for what is asked over a connection. The answer of the request tells what is left."""

    __slots__ = ("_buckets", "_owner", "_state")

    def __init__(self, buckets: Buckets, owner: Hashable, scope: Scope) -> None:
        self._buckets = buckets
        self._owner = owner
        self._state = scope["state"]

    def charge(self, amount: int) -> None:
        """Pay an amount. Raises RateLimited, and then takes nothing."""
        balance = self._buckets.charge(self._owner, amount)
        self._state[ADDED] = self._told(balance)
        if not balance.allowed:
            raise RateLimited(balance.seconds)

    def _told(self, balance: Balance) -> tuple[RawHeader, ...]:
        return self._buckets.policy, (b"ratelimit", b'"cost";r=%d;t=%d' % (balance.left, balance.seconds))
