"""Traces while a command runs, if the standard OTEL_* variables name a receiver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from commands.failure import Failure
from telemetry import tracing


@contextmanager
def exporting_traces() -> Iterator[None]:
    """Export traces during the block. Raises Failure if they can't be."""
    try:
        tracing.start()
    except tracing.UnsupportedProtocol as error:
        raise Failure(str(error)) from None
    try:
        yield
    finally:
        tracing.stop()
