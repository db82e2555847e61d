"""`crossgate worker`: send the outbox's emails and run scheduled jobs until stopped."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def worker(
    once: Annotated[bool, typer.Option("--once", help="Run everything that is due now, then exit. For cron.")] = False,
    development: Annotated[bool, typer.Option("--development", help="Without a mail server, show emails at /mails.")] = False,
) -> None:
    """Send emails and run scheduled jobs. You can run several workers. SIGTERM stops one after its current jobs."""
    from commands.work.worker import run

    run(once=once, development=development)
