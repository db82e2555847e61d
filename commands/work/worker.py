"""The worker: it migrates the database, then sends the outbox's emails and runs scheduled jobs."""

from __future__ import annotations

import asyncio
import errno
import signal

from procrastinate.exceptions import ConnectorException

import worker as root
from commands.failure import Failure
from commands.store import migrate, open_database, running_database
from commands.work.tracing import exporting_traces
from settings import Settings, variable
from transport.logs import configure_logging
from transport.metrics import serving_metrics


def run(*, once: bool, development: bool) -> None:
    """Work until stopped, or until everything that is due is done. Raises Failure."""
    settings = Settings.load(**({"development": True} if development else {}))
    if settings.smtp_url is None and not settings.development:
        raise Failure(
            f"No mail server is configured: set {variable('smtp_url')}, or add --development to store emails without sending "
            "them."
        )
    configure_logging(settings)
    with exporting_traces(), running_database(settings) as database_settings:
        try:
            asyncio.run(_work(database_settings, once=once))
        except (root.WorkerFailed, ConnectorException) as failed:
            raise Failure(str(failed)) from failed


async def _work(settings: Settings, *, once: bool) -> None:
    async with open_database(settings) as engine:
        await migrate(engine)
    if once:
        await root.work_once(settings)
        return
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for stop_signal in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stop_signal, stop.set)
    try:
        async with serving_metrics(settings):
            await root.work(settings, stop)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise Failure(f"The port in {variable('metrics_port')} is in use. Choose another one.") from None
