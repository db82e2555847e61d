"""Traces: whether spans are exported. They are if the standard OTEL_* variables name a receiver; else nothing is imported.

Callers ask `exporting`, which is None where nothing is exported.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from telemetry.exporting import Exporting

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL: Final = "http/protobuf"

exporting: Exporting | None = None


class UnsupportedProtocol(Exception):
    """A variable asks for another protocol than OTLP over HTTP."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"{variable} must be {PROTOCOL}. The gateway exports traces by no other protocol.")


def start(environment: Mapping[str, str] = os.environ) -> None:
    """Export spans from now on, if the environment says where to. Raises UnsupportedProtocol."""
    global exporting
    if exporting is not None or not _is_wanted(environment):
        return
    variable = next((name for name in PROTOCOLS if environment.get(name)), None)
    if variable is not None and environment[variable] != PROTOCOL:
        raise UnsupportedProtocol(variable)
    from telemetry.exporting import Exporting  # takes half a second, which only exporters of traces pay

    exporting = Exporting()


def stop() -> None:
    """Send the remaining spans, and export no more."""
    global exporting
    if exporting is not None:
        exporting.close()
        exporting = None


def event() -> AbstractContextManager[object]:
    """Make a span of an event of a subscription, if spans are exported."""
    return nullcontext() if exporting is None else exporting.operation("subscription")


def job(name: str) -> AbstractContextManager[object]:
    """Make a span of a job of the worker, if spans are exported."""
    return nullcontext() if exporting is None else exporting.job(name)


def _is_wanted(environment: Mapping[str, str]) -> bool:
    """Return whether the environment names a receiver of traces, and doesn't turn them off."""
    is_off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none"
    return not is_off and any(environment.get(name) for name in ENDPOINTS)
