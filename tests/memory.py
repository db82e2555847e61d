"""How much memory a piece of work takes."""

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Memory:
    """What a measured block allocated at its peak, in bytes, known when the block ends."""

    peak: int = 0


@contextmanager
def measured_memory() -> Iterator[Memory]:
    """Measure a block while its garbage is collected soon, so that the peak is what the work holds. Older objects don't count."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(700, 10, 10)
    tracemalloc.start()
    memory = Memory()
    try:
        yield memory
    finally:
        memory.peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        gc.set_threshold(*thresholds)
