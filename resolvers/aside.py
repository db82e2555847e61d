"""Long computations beside the event loop: they run in a thread, so that other requests are answered meanwhile.

There is one such thread. Computations in several threads would not be faster, because only one thread of a process runs Python at a
time, and each of them would take its turn from the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

THREAD: Final = ThreadPoolExecutor(1, "aside")
SHORT: Final = 2000  # characters of a document that is read at once: that takes 10 ms at most


async def aside(function: Callable[Given, Result], *arguments: Given.args, **named: Given.kwargs) -> Result:
    """The result of a function that runs in the thread. It must not touch what belongs to the event loop."""
    return await asyncio.get_running_loop().run_in_executor(THREAD, partial(function, *arguments, **named))
