"""Limits end when they should, each by itself, by one timer for all."""

from __future__ import annotations

import asyncio

import pytest

from transport.limits.deadlines import Deadlines


async def work(deadlines: Deadlines, seconds: float, again: float = 0) -> float:
    """Works for some time, and `again` under a second limit. When it stopped; a negative number if its limit ended it."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    limit = asyncio.timeout(None)
    deadlines.begin(limit)
    try:
        async with limit:
            await asyncio.sleep(seconds)
            deadlines.begin(limit)
            await asyncio.sleep(again)
    except TimeoutError:
        assert limit.expired()
        return began - loop.time()
    finally:
        deadlines.forget(limit)
    return loop.time() - began


async def test_what_is_in_time_is_let_alone() -> None:
    """Work that is done in time, also under two limits one after another, is not disturbed."""
    deadlines = Deadlines(0.3)

    assert min(await asyncio.gather(work(deadlines, 0), work(deadlines, 0.1), work(deadlines, 0.2, 0.2))) >= 0


async def test_each_limit_ends_by_itself() -> None:
    """Of works that were begun at different times, each is stopped at the end of its own limit."""
    deadlines = Deadlines(0.2)

    async def later(delay: float, again: float) -> float:
        await asyncio.sleep(delay)
        return await work(deadlines, 0.1 if again else 9, again)

    stopped = await asyncio.gather(later(0, 0), later(0.1, 0), later(0.05, 0.01), later(0, 9))

    assert [-0.2, -0.2, 0.11, -0.3] == [pytest.approx(each, abs=0.08) for each in stopped]


def test_another_loop() -> None:
    """Limits hold in a second event loop after the first is gone."""
    deadlines = Deadlines(0.05)

    assert all(asyncio.run(work(deadlines, 9)) < 0 for _ in range(2))


async def test_nothing_is_kept() -> None:
    """A limit that is over, either way, is forgotten."""
    deadlines = Deadlines(0.05)
    await asyncio.gather(work(deadlines, 0), work(deadlines, 9))

    assert vars(deadlines)["_ends"] == {}
