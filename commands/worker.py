"""`crossgate worker`: send the mails of the outbox and do the chores, until told to stop."""

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
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then end: for cron.")] = False,
    development: Annotated[bool, typer.Option("--development", help="Without a mail server, keep mails at /mails.")] = False,
) -> None:
    """Send mails and do what is due again and again. Any number of workers may run; SIGTERM stops one in an orderly way."""
    settings = Settings.load(**({"development": True} if development else {}))
    if settings.smtp_url is None and not settings.development:
        raise Failure(f"There is no mail server: set {variable('smtp_url')}, or add --development to keep mails unsent.")
    configure_logging(settings)
    with running_database(settings) as database_settings:
        try:
            asyncio.run(_work(database_settings, once=once))
        except (root.WorkerFailed, ConnectorException) as failed:
            raise Failure(str(failed)) from failed


async def _work(settings: Settings, *, once: bool) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    async with open_database(settings) as engine:
        await migrate(engine)
    await (root.work_once(settings) if once else root.work(settings, stop))
