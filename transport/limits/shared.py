"""The counts of all processes of one gateway, in memory that they share, so that several processes allow no more than one.

The memory has a fixed size. Owners are known by keyed hashes only: no address and no user ID is stored, and nobody outside can
find out whose hashes meet. Each class says what such a collision, or a process that is killed at a bad moment, can cause.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import blake2b
from struct import Struct
from typing import Final

from transport.limits.capacity import Counts, Holder, Share
from transport.limits.ledger import Opened
from transport.limits.quotas import Owner, Payers, Times, exceeds_window
from transport.shared_memory import Locks, shared_memory

WAYS: Final = 8  # buckets of a set
SETS: Final = 2**15  # sets of buckets for each kind of payers: 262,144 buckets in 4 MiB
SLOTS: Final = 2**16  # counters for the holders of a share
COUNTER_BYTES: Final = 4


class _Hashes:
    """Keyed hashes of owners. The key is drawn when the gateway starts."""

    def __init__(self) -> None:
        self._keyed = blake2b(digest_size=16, key=os.urandom(32))

    def of(self, owner: Owner) -> tuple[int, int]:
        """Return two independent numbers of 64 bits."""
        keyed = self._keyed.copy()
        keyed.update(owner.encode() if isinstance(owner, str) else owner.bytes)
        digest = keyed.digest()
        return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


class SharedTimes:
    """When each payer's bucket is full again. A payer's bucket is in one set of `WAYS`, which has a lock.

    A payer without a bucket takes over the fullest one of its set, with the balance that it has. Usually that bucket is full. If
    more than `WAYS` payers of a set have buckets that aren't full, some of them share: then a payer can have less left than it
    should, but never does a bucket become fuller because payers come and go. So a flood of addresses gives nobody a new quota.
    With 100,000 payers in a minute, one set in 200 is that full. Two payers with the same hash share a bucket, which happens to
    fewer than one pair in 10¹⁹.

    A process that is killed in between leaves a bucket that belongs to the wrong payer for at most a window.
    """

    _SET: Final = Struct(f"={WAYS}Q{WAYS}d")  # the payers' hashes, then the times

    def __init__(self, sets: int = SETS) -> None:
        self._sets = sets
        self._memory = shared_memory(sets * self._SET.size)
        self._payers = self._memory.cast("Q")
        self._times = self._memory.cast("d")
        self._hashes = _Hashes()
        self._locks = Locks()

    def add(self, owner: Owner, seconds: float, now: float) -> tuple[float, bool]:
        """Let a bucket be full `seconds` later, if that's within the window. See `Times`."""
        place, payer = self._hashes.of(owner)
        number = place % self._sets
        self._locks.acquire(number)
        try:
            values = self._SET.unpack_from(self._memory, number * self._SET.size)
            payers, times = values[:WAYS], values[WAYS:]
            way = payers.index(payer) if payer in payers else times.index(min(times))
            full_at = max(times[way], now)
            if exceeds_window(full_at + seconds, now):
                return full_at, False
            first = number * 2 * WAYS
            self._payers[first + way] = payer
            self._times[first + WAYS + way] = full_at + seconds
            return full_at + seconds, True
        finally:
            self._locks.release(number)


class SharedCounts:
    """How many objects of one kind the processes have open. Each seat has counters of its own; a limit looks at their sums.

    Only the process at a seat writes its counters, and the parent when that process has ended. A counter belongs to a hash: of two
    network addresses, or two users, one pair in 65,536 shares a counter, and so a limit.
    """

    _WIDTH: Final = 1 + 2 * SLOTS  # counters of a seat: one for the gateway, then peers, then viewers
    _FIRST: Final = {Share.GATEWAY: 0, Share.PEER: 1, Share.VIEWER: 1 + SLOTS}

    def __init__(self, seats: int) -> None:
        self._counters = shared_memory(seats * self._WIDTH * COUNTER_BYTES).cast("I")
        self._hashes = _Hashes()
        self._locks = Locks()

    def free(self, seat: int) -> None:
        """Release the open objects of a process that has ended."""
        first = seat * self._WIDTH
        self._counters[first : first + self._WIDTH] = memoryview(bytes(self._WIDTH * COUNTER_BYTES)).cast("I")

    def open(self, holder: Holder) -> int:
        """Return how many objects a holder has open in all processes."""
        return sum(self._counters[self._slot(holder) :: self._WIDTH])

    def take(self, seat: int, holders: tuple[Holder, ...], limits: Mapping[Share, int]) -> Share | None:
        """Count one more object at a seat. See `Counts`."""
        slots = [self._slot(holder) for holder in holders]
        with self._locks.held():
            for slot, holder in zip(slots, holders, strict=True):
                if sum(self._counters[slot :: self._WIDTH]) >= limits[holder.share]:
                    return holder.share
            self._add(seat, slots, 1)
        return None

    def give_back(self, seat: int, holders: tuple[Holder, ...]) -> None:
        """Count one object less at a seat."""
        self._add(seat, [self._slot(holder) for holder in holders], -1)

    def _add(self, seat: int, slots: list[int], number: int) -> None:
        for slot in slots:
            self._counters[seat * self._WIDTH + slot] += number

    def _slot(self, holder: Holder) -> int:
        first = self._FIRST[holder.share]
        return first if holder.name is None else first + self._hashes.of(holder.name)[0] % SLOTS


class _CountsAtSeat:
    """The shared counts, as the process at a seat uses them."""

    def __init__(self, shared: SharedCounts, seat: int) -> None:
        self._shared = shared
        self._seat = seat

    def open(self, holder: Holder) -> int:
        """Return how many objects a holder has open in all processes."""
        return self._shared.open(holder)

    def take(self, holders: tuple[Holder, ...], limits: Mapping[Share, int]) -> Share | None:
        """Count one more object for each holder."""
        return self._shared.take(self._seat, holders, limits)

    def give_back(self, holders: tuple[Holder, ...]) -> None:
        """Count one object less for each holder."""
        self._shared.give_back(self._seat, holders)


class SharedLedger:
    """All counts of a gateway with several processes, which sit at `seats`. It must be made before they are forked."""

    def __init__(self, seats: int) -> None:
        self._times = {payers: SharedTimes() for payers in Payers}
        self._counts = {opened: SharedCounts(seats) for opened in Opened}

    def at(self, seat: int) -> LedgerAtSeat:
        """Return the ledger for the process at a seat."""
        return LedgerAtSeat(self._times, self._counts, seat)

    def free(self, seat: int) -> None:
        """Release the open objects of a process that has ended. What it has charged stays."""
        for counts in self._counts.values():
            counts.free(seat)


class LedgerAtSeat:
    """The shared counts, as the process at a seat uses them."""

    def __init__(self, times: Mapping[Payers, SharedTimes], counts: Mapping[Opened, SharedCounts], seat: int) -> None:
        self._times = times
        self._counts = counts
        self._seat = seat

    def times(self, payers: Payers) -> Times:
        """Return the state of the buckets of a kind of payers."""
        return self._times[payers]

    def counts(self, opened: Opened) -> Counts:
        """Return the counts of a kind of open objects."""
        return _CountsAtSeat(self._counts[opened], self._seat)
