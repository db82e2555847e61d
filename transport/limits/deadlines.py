"""Time limits for any number of requests at once, by one timer.

All limits are equally long, so they end in the order in which they were begun, and one timer, set to the end of the first, looks
after all. A timer for each would cost a request more than all else that is done here for it.
"""

from __future__ import annotations

import asyncio


class Deadlines:
    """Limits of `seconds` each. Belongs to the event loop that it is used in."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends: dict[asyncio.Timeout, float] = {}  # by the loop's clock; the first ends first
        self._loop: asyncio.AbstractEventLoop | None = None  # where the timer is set, if it is

    def begin(self, limit: asyncio.Timeout) -> None:
        """Let `limit`, which is entered or about to be, end `seconds` from now, whenever it was to end before."""
        loop = asyncio.get_running_loop()
        self._ends.pop(limit, None)
        self._ends[limit] = end = loop.time() + self.seconds
        if self._loop is not loop:
            self._loop = loop
            loop.call_at(end, self._look)

    def forget(self, limit: asyncio.Timeout) -> None:
        """Leave `limit` alone: it is over."""
        self._ends.pop(limit, None)

    def _look(self) -> None:
        """End what is due, and look again when the next is."""
        loop = asyncio.get_running_loop()
        self._loop = None
        while self._ends:
            limit, end = next(iter(self._ends.items()))
            if end > loop.time():
                self._loop = loop
                loop.call_at(end, self._look)
                return
            del self._ends[limit]
            limit.reschedule(end)
