"""Several gateway processes behind one port. The parent only supervises; each child builds a gateway of its own.

So a restart reads the policy, the trusted documents and the signing keys again. What is shared is made before the first fork.
If metrics are served, one more child does that, for all.
"""

from __future__ import annotations

import gc

import structlog
from starlette.applications import Starlette

import server
from commands.failure import Failure, explained
from commands.work.tracing import exporting_traces
from settings import Settings
from transport import metrics
from transport.limits.shared import SharedLedger
from transport.processes.samples import SharedSamples, registry_of
from transport.processes.seat import Seat
from transport.processes.supervisor import Place, Supervisor, seats_of
from transport.realtime.streams import OpenConnections
from transport.serve import listen, serve

log = structlog.stdlib.get_logger("crossgate.serve")


class Shared:
    """What the processes share: listening sockets, the counts of limits, and metrics. It must be made before they are forked."""

    def __init__(self, settings: Settings) -> None:
        """Listen. Raises OSError."""
        self.processes = settings.processes + (settings.metrics_port is not None)
        self.sockets = listen(settings.host, settings.port)
        self.metrics_sockets = (
            [] if settings.metrics_port is None else [metrics.listen(settings.metrics_host, settings.metrics_port)]
        )
        self.ledger = SharedLedger(seats_of(self.processes))
        self.samples = SharedSamples(seats_of(self.processes)) if self.metrics_sockets else None

    def seat(self, number: int) -> Seat:
        """Return what the process at a seat shares with the others."""
        ledger = self.ledger.at(number)
        samples = self.samples
        return Seat(ledger) if samples is None else Seat(ledger, lambda _settings: samples.reporting(number))

    def free(self, number: int) -> None:
        """Release the open objects of a process that has ended. Its counters keep their values."""
        self.ledger.free(number)
        if self.samples is not None:
            self.samples.end(number)

    def run(self, place: Place, settings: Settings, companion: server.Companion | None) -> None:
        """Run the process at a place until it's stopped."""
        with explained(), exporting_traces():
            if place.slot < settings.processes:
                seat = self.seat(place.seat)
                app = server.build(settings, companion if place.slot == 0 else None, seat=seat)
                serve(app, settings, place, self.sockets, seat.ledger)
            elif self.samples is not None:
                serve(_metrics_app(self.samples), settings, place, self.metrics_sockets)


def serve_together(settings: Settings, companion: server.Companion | None) -> None:
    """Serve with several processes until stopped. Only the one in slot 0 has the companion. Raises Failure if one can't start."""
    shared = Shared(settings)
    for listening in shared.sockets:
        host, port = listening.getsockname()[:2]
        log.info("gateway.listening", host=host, port=port, processes=settings.processes)
    for listening in shared.metrics_sockets:
        log.info("metrics.served", host=settings.metrics_host, port=listening.getsockname()[1])
    gc.collect()
    gc.freeze()  # the children share what has been imported; a collection would copy it
    supervisor = Supervisor(
        lambda place: shared.run(place, settings, companion),
        processes=shared.processes,
        sockets=[*shared.sockets, *shared.metrics_sockets],
        ended=shared.free,
        stop_seconds=settings.shutdown_timeout,
    )
    if not supervisor.run():
        raise Failure("A process of the gateway couldn't start, so the gateway has stopped. The messages above say why.")


def _metrics_app(samples: SharedSamples) -> Starlette:
    """Build the application of the process that serves metrics, with the state that a server needs."""
    app = metrics.create_metrics_app(registry_of(samples))
    app.state.connections = OpenConnections()
    return app
