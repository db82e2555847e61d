"""Notes each SQL statement: its duration, and its span if traces are exported. Never the values of its parameters."""

from __future__ import annotations

import time
from typing import Final

from telemetry import metrics, tracing

READ: Final = metrics.STATEMENT_SECONDS.child("read")
WRITE: Final = metrics.STATEMENT_SECONDS.child("write")


def note_read(text: str, started: float) -> None:
    """Note that a statement of the reader has ended. It started when `time.perf_counter` returned `started`."""
    READ.observe(time.perf_counter() - started)
    if tracing.exporting is not None:
        tracing.exporting.statement(text, started)


def note_write(text: str, started: float) -> None:
    """Note that a statement of the engine, which writes, has ended."""
    WRITE.observe(time.perf_counter() - started)
    if tracing.exporting is not None:
        tracing.exporting.statement(text, started)
