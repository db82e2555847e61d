"""Time limits. `Deadlines` limits any number of concurrent requests with a single timer; `time_limit` limits one block of code.

All limits of a `Deadlines` have the same length, so they expire in the order in which they begin, and one timer set to the first
expiry is enough. A timer per request would cost more than everything else here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from transport.refusal import TimedOut


@asynccontextmanager
async def time_limit(seconds: float, status: HTTPStatus) -> AsyncIterator[None]:
    """Limit the time of a block with a timer of its own. Raises TimedOut with this status."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise
        raise TimedOut(status, seconds) from None


class Deadlines:
    """Time limits of `seconds` each, for use in a single event loop."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends: dict[asyncio.Timeout, float] = {}  # expiry on the loop's clock, in ascending order
        self._loop: asyncio.AbstractEventLoop | None = None  # the loop with a pending timer, if any

    def begin(self, limit: asyncio.Timeout) -> None:
        """Make `limit` expire `seconds` from now, instead of any earlier deadline. It must be entered or about to be."""
        loop = asyncio.get_running_loop()
        self._ends.pop(limit, None)
        self._ends[limit] = end = loop.time() + self.seconds
        if self._loop is not loop:
            self._loop = loop
            loop.call_at(end, self._expire_due)

    def forget(self, limit: asyncio.Timeout) -> None:
        """Stop tracking `limit`, which has ended."""
        self._ends.pop(limit, None)

    def _expire_due(self) -> None:
        """Expire the limits that are due, and set the timer to the next expiry."""
        loop = asyncio.get_running_loop()
        self._loop = None
        while self._ends:
            limit, end = next(iter(self._ends.items()))
            if end > loop.time():
                self._loop = loop
                loop.call_at(end, self._expire_due)
                return
            del self._ends[limit]
            limit.reschedule(end)
