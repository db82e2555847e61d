"""Runs long computations in a thread, so that the event loop answers other requests meanwhile.

There is one thread. More of them wouldn't be faster, because only one thread of a process runs Python code at a time, and each would
take its turns from the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

WORKER: Final = ThreadPoolExecutor(1, "worker")
SHORT_DOCUMENT: Final = 2000  # characters of a document that the event loop reads itself, in 10 ms at most


async def run_in_worker(function: Callable[Given, Result], *arguments: Given.args, **named: Given.kwargs) -> Result:
    """Run a function in the thread and return its result. It must not touch what belongs to the event loop."""
    return await asyncio.get_running_loop().run_in_executor(WORKER, partial(function, *arguments, **named))
