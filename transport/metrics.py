"""Metrics for Prometheus, on a port of their own: `/metrics` in the text format or in OpenMetrics.

The listener has no authentication, so it must never show what depends on a viewer: see `telemetry.families`.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import structlog
import uvicorn
from prometheus_client import GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from settings import Settings
from telemetry import metrics, snapshots
from telemetry.families import Counter, Gauge, Histogram, Labels
from telemetry.snapshots import Numbers, Snapshot

TICK: Final = 1.0  # seconds between two measurements of the event loop's delay
INFINITY: Final = "+Inf"

log = structlog.stdlib.get_logger("crossgate.metrics")


class Families(Collector):
    """The families of `telemetry.metrics`, as Prometheus' library reads them."""

    def __init__(self, read: Callable[[], Snapshot]) -> None:
        """Show the numbers that `read` returns."""
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Yield each family with its numbers."""
        snapshot = self._read()
        for family in metrics.FAMILIES:
            numbers = snapshot.get(family.name, {})
            yield _histogram(family, numbers) if isinstance(family, Histogram) else _numbers(family, numbers)


def _numbers(family: Counter | Gauge, numbers: Numbers) -> Metric:
    kind = CounterMetricFamily if isinstance(family, Counter) else GaugeMetricFamily
    metric = kind(family.name, family.meaning, labels=family.labels)
    for labels, (number,) in numbers.items():
        metric.add_metric(_texts(labels), number)
    return metric


def _histogram(family: Histogram, numbers: Numbers) -> Metric:
    metric = HistogramMetricFamily(family.name, family.meaning, labels=family.labels)
    for labels, (*counts, total) in numbers.items():
        metric.add_metric(_texts(labels), list(_buckets(family.bounds, counts)), total)
    return metric


def _buckets(bounds: Sequence[float], counts: Sequence[float]) -> Iterator[tuple[str, float]]:
    """Yield the upper bound of each bucket, and how many durations are at most that."""
    number = 0.0
    for bound, count in zip((*map(str, bounds), INFINITY), counts, strict=True):
        number += count
        yield bound, number


def _texts(labels: Labels) -> Sequence[str]:
    return [str(label) for label in labels]


def registry() -> CollectorRegistry:
    """Return the registry of a process: the families, and what Python and the operating system know of it."""
    made = CollectorRegistry()
    made.register(Families(snapshots.take))
    ProcessCollector(registry=made)
    PlatformCollector(registry=made)
    GCCollector(registry=made)
    return made


def create_metrics_app(collected: CollectorRegistry) -> Starlette:
    """Build the application that serves a registry as `/metrics`."""

    async def show(request: Request) -> Response:
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(collected), headers={"Content-Type": media_type, "Cache-Control": "no-store"})

    return Starlette(routes=[Route("/metrics", show)])


class Server(uvicorn.Server):
    """A server beside that of the gateway, which alone handles signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to others."""
        yield


@asynccontextmanager
async def serving_metrics(settings: Settings) -> AsyncIterator[None]:
    """Serve metrics during the block, if the settings have a port for them."""
    if settings.metrics_port is None:
        yield
        return
    listening = listen(settings.metrics_host, settings.metrics_port)
    app = create_metrics_app(registry())
    server = Server(uvicorn.Config(app, lifespan="off", ws="none", log_config=None, access_log=False, server_header=False))
    tasks = [asyncio.create_task(server.serve([listening])), asyncio.create_task(_measure_delay())]
    log.info("metrics.served", host=settings.metrics_host, port=listening.getsockname()[1])
    try:
        yield
    finally:
        server.should_exit = True
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def listen(host: str, port: int) -> socket.socket:
    """Open a port. Raises OSError."""
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


async def _measure_delay() -> None:
    while True:
        await note_delay()


async def note_delay() -> None:
    """Wait for a tick, and note how late the event loop runs what is due."""
    due = time.perf_counter() + TICK
    await asyncio.sleep(TICK)
    metrics.LOOP_DELAY_SECONDS.child().observe(max(0.0, time.perf_counter() - due))
