"""`crossgate worker`: send the outbox's emails and run scheduled jobs until stopped."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer
from procrastinate.exceptions import ConnectorException

import worker as root
from commands.failure import Failure
from commands.store import migrate, open_database, running_database
from settings import Settings, variable
from transport.logs import configure_logging

app = typer.Typer(add_completion=False)


@app.command()
def worker(
    once: Annotated[bool, typer.Option("--once", help="Run everything that is due now, then exit. For cron.")] = False,
    development: Annotated[bool, typer.Option("--development", help="Without a mail server, show emails at /mails.")] = False,
) -> None:
    """Send emails and run scheduled jobs. You can run several workers. SIGTERM stops one after its current jobs."""
    settings = Settings.load(**({"development": True} if development else {}))
    if settings.smtp_url is None and not settings.development:
        raise Failure(
            f"No mail server is configured: set {variable('smtp_url')}, or add --development to store emails without sending "
            "them."
        )
    configure_logging(settings)
    with running_database(settings) as database_settings:
        try:
            asyncio.run(_work(database_settings, once=once))
        except (root.WorkerFailed, ConnectorException) as failed:
            raise Failure(str(failed)) from failed


async def _work(settings: Settings, *, once: bool) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for stop_signal in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stop_signal, stop.set)
    async with open_database(settings) as engine:
        await migrate(engine)
    await (root.work_once(settings) if once else root.work(settings, stop))
