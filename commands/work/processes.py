"""Several gateway processes behind one port. The parent only supervises; each child builds a gateway of its own.

So a restart reads the policy, the trusted documents and the signing keys again. What is shared is made before the first fork.
"""

from __future__ import annotations

import gc

import structlog

import server
from commands.failure import EXIT_CODE, explained
from commands.work.tracing import exporting_traces
from settings import Settings
from transport.limits.shared import SharedLedger
from transport.logs import configure_logging
from transport.processes.supervisor import Place, Supervisor, seats_of
from transport.serve import listen, serve

log = structlog.stdlib.get_logger("crossgate.serve")


def serve_together(settings: Settings, companion: server.Companion | None) -> None:
    """Serve with several processes until stopped. Only the one in slot 0 has the companion. Exits if one can't start."""
    configure_logging(settings)
    sockets = listen(settings.host, settings.port)
    for listening in sockets:
        address = listening.getsockname()
        log.info("gateway.listening", host=address[0], port=address[1], processes=settings.processes)
    ledger = SharedLedger(seats_of(settings.processes))
    gc.collect()
    gc.freeze()  # the children share what has been imported; a collection would copy it

    def run(place: Place) -> None:
        with explained(), exporting_traces():
            counted = ledger.at(place.seat)
            app = server.build(settings, companion if place.slot == 0 else None, ledger=counted)
            serve(app, settings, place, sockets, counted)

    supervisor = Supervisor(
        run,
        processes=settings.processes,
        sockets=sockets,
        ended=ledger.free,
        stop_seconds=settings.shutdown_timeout,
    )
    if not supervisor.run():
        raise SystemExit(EXIT_CODE)
