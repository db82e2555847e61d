"""Where limits are counted: in the memory of one process, or in memory that several share (see `shared`)."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from transport.limits.capacity import Counts, OwnCounts
from transport.limits.quotas import OwnTimes, Payers, Times


class Opened(StrEnum):
    """The kinds of objects whose open ones are counted."""

    CONNECTIONS = "connections"
    REFUSED = "refused"
    SOCKETS = "sockets"
    SUBSCRIPTIONS = "subscriptions"


class Ledger(Protocol):
    """Counts for all limits on what clients do at the same time or in a minute."""

    def times(self, payers: Payers) -> Times:
        """Return the state of the buckets of a kind of payers."""

    def counts(self, opened: Opened) -> Counts:
        """Return the counts of a kind of open objects."""


class OwnLedger:
    """The counts of a process that shares them with no other."""

    def times(self, _payers: Payers) -> Times:
        """Return the state of buckets, all full."""
        return OwnTimes()

    def counts(self, _opened: Opened) -> Counts:
        """Return counts of nothing."""
        return OwnCounts()
