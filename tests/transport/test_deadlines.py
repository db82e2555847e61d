"""Time limits end on time and independently of each other, with one shared timer."""

from __future__ import annotations

import asyncio

import pytest

from transport.limits.deadlines import Deadlines


async def work(deadlines: Deadlines, seconds: float, again: float = 0) -> float:
    """Work for `seconds`, then for `again` under a second limit.

    Returns the elapsed seconds, negated if a limit ended the work.
    """
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


async def test_work_within_its_limit_is_not_interrupted() -> None:
    """Work that finishes in time isn't interrupted, nor is work under two limits in turn."""
    deadlines = Deadlines(0.3)

    assert min(await asyncio.gather(work(deadlines, 0), work(deadlines, 0.1), work(deadlines, 0.2, 0.2))) >= 0


async def test_each_limit_ends_on_its_own() -> None:
    """Work started at different times is stopped at the end of its own limit."""
    deadlines = Deadlines(0.2)

    async def later(delay: float, again: float) -> float:
        await asyncio.sleep(delay)
        return await work(deadlines, 0.1 if again else 9, again)

    stopped = await asyncio.gather(later(0, 0), later(0.1, 0), later(0.05, 0.01), later(0, 9))

    assert [-0.2, -0.2, 0.11, -0.3] == [pytest.approx(seconds, abs=0.08) for seconds in stopped]


def test_limits_work_in_a_second_event_loop() -> None:
    """Limits work in a second event loop after the first has closed."""
    deadlines = Deadlines(0.05)

    assert all(asyncio.run(work(deadlines, 9)) < 0 for _ in range(2))


async def test_ended_limits_are_forgotten() -> None:
    """A limit that has ended, either way, is no longer stored."""
    deadlines = Deadlines(0.05)
    await asyncio.gather(work(deadlines, 0), work(deadlines, 9))

    assert vars(deadlines)["_ends"] == {}
