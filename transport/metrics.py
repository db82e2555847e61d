"""Metrics for Prometheus, on a port of their own: `/metrics` in the text format or in OpenMetrics.

The listener has no authentication, so it must never show what depends on a viewer: see `telemetry.families`.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator, Sequence
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
from telemetry import metrics
from telemetry.families import Counter, Gauge, Histogram, Labels, Timing

TICK: Final = 1.0  # seconds between two measurements of the event loop's delay
INFINITY: Final = "+Inf"

log = structlog.stdlib.get_logger("crossgate.metrics")


class Families(Collector):
    """The families of `telemetry.metrics`, as Prometheus' library reads them."""

    def collect(self) -> Iterator[Metric]:
        """Yield each family with its children."""
        for family in metrics.FAMILIES:
            yield _histogram(family) if isinstance(family, Histogram) else _numbers(family)


def _numbers(family: Counter | Gauge) -> Metric:
    kind = CounterMetricFamily if isinstance(family, Counter) else GaugeMetricFamily
    metric = kind(family.name, family.meaning, labels=family.labels)
    values = family.now() if isinstance(family, Gauge) else {key: each.value for key, each in family.children.items()}
    for labels, value in values.items():
        metric.add_metric(_texts(labels), value)
    return metric


def _histogram(family: Histogram) -> Metric:
    metric = HistogramMetricFamily(family.name, family.meaning, labels=family.labels)
    for labels, timing in family.children.items():
        metric.add_metric(_texts(labels), list(_buckets(timing)), timing.total)
    return metric


def _buckets(timing: Timing) -> Iterator[tuple[str, float]]:
    """Yield the upper bound of each bucket, and how many durations are at most that."""
    number = 0
    for bound, count in zip((*map(str, timing.bounds), INFINITY), timing.counts, strict=True):
        number += count
        yield bound, number


def _texts(labels: Labels) -> Sequence[str]:
    return [str(label) for label in labels]


def registry() -> CollectorRegistry:
    """Return the registry: the families, and what Python and the operating system know of the process."""
    made = CollectorRegistry()
    made.register(Families())
    ProcessCollector(registry=made)
    PlatformCollector(registry=made)
    GCCollector(registry=made)
    return made


def create_metrics_app() -> Starlette:
    """Build the application that serves `/metrics`."""
    collected = registry()

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
    server = Server(
        uvicorn.Config(create_metrics_app(), lifespan="off", ws="none", log_config=None, access_log=False, server_header=False)
    )
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
    """Note how late the event loop runs what is due."""
    timing = metrics.LOOP_DELAY_SECONDS.child()
    while True:
        due = time.perf_counter() + TICK
        await asyncio.sleep(TICK)
        timing.observe(max(0.0, time.perf_counter() - due))
