"""The public keys of companies' issuers, cached in each gateway process (V53).

Keys are fetched when a token names an unknown key, and again after an hour in the background. An issuer is asked at most once in
30 seconds, whatever tokens arrive and whether it answers or not. While it's away, its last keys stay valid for a day.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import structlog
from cachetools import LRUCache

from transport.authentication.discovery import IssuerKey, IssuerUnavailable

INTERVAL: Final = 30.0  # seconds between two fetches from an issuer (V53)
FRESH: Final = 60 * 60.0  # seconds after which keys are fetched again in the background
STALE: Final = 24 * 60 * 60.0  # seconds after which keys that couldn't be fetched again no longer count
MAX_ISSUERS: Final = 10_000

FetchKeys: TypeAlias = Callable[[str], Awaitable[tuple[IssuerKey, ...]]]
"""Fetches the keys of an issuer. Raises IssuerUnavailable."""
IsNamed: TypeAlias = Callable[[str, tuple[str, ...]], Awaitable[bool]]
"""Returns whether a company has named an issuer with one of these audiences."""

log = structlog.stdlib.get_logger("crossgate.issuers")


@dataclass(slots=True)
class Cached:
    """The keys of one issuer, when they were fetched, when a fetch last started, and the one that is running."""

    keys: tuple[IssuerKey, ...] = ()
    fetched_at: float = -STALE
    started_at: float = -INTERVAL
    fetching: asyncio.Task[None] | None = None

    def find(self, kid: str | None, algorithm: str, now: float) -> IssuerKey | None:
        """Return the key that a token names, or the only one of its algorithm if it names none."""
        if now - self.fetched_at >= STALE:
            return None
        found = [key for key in self.keys if algorithm in key.algorithms and kid in (key.kid, None)]
        return found[0] if found and (kid is not None or len(found) == 1) else None


class IssuerKeys:
    """The keys of all issuers. `clock` returns seconds."""

    def __init__(self, fetch: FetchKeys, is_named: IsNamed, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._is_named = is_named
        self.clock = clock
        self._cached: LRUCache[str, Cached] = LRUCache(MAX_ISSUERS)
        self._tasks: set[asyncio.Task[None]] = set()

    async def find(self, issuer: str, audiences: tuple[str, ...], kid: str | None, algorithm: str) -> IssuerKey | None:
        """Return the key that signs an issuer's tokens, or None if it's unknown. Asks the issuer if it has to."""
        cached = self._cached.get(issuer) or Cached()
        if (key := cached.find(kid, algorithm, self.clock())) is None:
            await self._refresh(issuer, audiences)
            cached = self._cached.get(issuer) or cached
            return cached.find(kid, algorithm, self.clock())
        if self.clock() - cached.fetched_at >= FRESH and self._can_start(cached):
            self._run(self._refresh(issuer, audiences))
        return key

    async def close(self) -> None:
        """Cancel all fetches."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _refresh(self, issuer: str, audiences: tuple[str, ...]) -> None:
        """Fetch the keys of an issuer, unless that was tried a moment ago. Requests at the same time share one fetch."""
        cached = self._cached.get(issuer)
        if (cached is None or self._can_start(cached)) and await self._is_named(issuer, audiences):
            cached = self._cached.setdefault(issuer, Cached())  # only for issuers that a company has named
            if self._can_start(cached):
                cached.started_at = self.clock()
                cached.fetching = self._run(self._update(issuer, cached))
        if cached is not None and cached.fetching is not None:
            await asyncio.shield(cached.fetching)

    def _can_start(self, cached: Cached) -> bool:
        return cached.fetching is None and self.clock() - cached.started_at >= INTERVAL

    async def _update(self, issuer: str, cached: Cached) -> None:
        """Fetch the keys. If that fails, keep the current ones."""
        try:
            cached.keys = await self._fetch(issuer)
            cached.fetched_at = self.clock()
        except IssuerUnavailable as error:
            log.warning("issuer.unavailable", issuer=issuer, error=str(error))
        except Exception:
            log.exception("issuer.failed", issuer=issuer)
        finally:
            cached.fetching = None

    def _run(self, work: Awaitable[None]) -> asyncio.Task[None]:
        """Run work in a task of its own, which goes on if the request that started it ends."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
