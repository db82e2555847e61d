"""The gateway as a process: it prepares the database, prints its URL and its sample users, and serves until stopped."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, NoReturn

import structlog
import typer
from sqlalchemy.ext.asyncio import AsyncEngine

import server
import worker
from commands.demo.filling import fill
from commands.demo.market import NotEmpty
from commands.demo.scales import DemoScale, SampleMarket
from commands.failure import Failure
from commands.store import migrate, open_database, requiring_tables, running_database
from commands.work.database_connections import check_connections
from commands.work.processes import serve_together
from commands.work.tracing import exporting_traces
from resolvers.reading.viewers import find_member
from settings import Settings, variable
from transport.development import warning
from transport.logs import configure_logging
from transport.serve import serve as run

log = structlog.stdlib.get_logger("crossgate.serve")


def serve(options: Mapping[str, Any], demo: SampleMarket | None) -> None:
    """Serve the gateway until stopped. `options` override settings. Raises Failure."""
    settings = Settings.load(**options)
    if demo not in (None, SampleMarket.NONE) and not settings.development:
        raise typer.BadParameter("sample data needs development mode: add --development", param_hint="--demo")
    require_free_ports(settings)
    signal.signal(signal.SIGTERM, _stop)
    with suppress(KeyboardInterrupt), running_database(settings) as database_settings:
        typer.echo(asyncio.run(prepare_database(database_settings, demo or SampleMarket.SMALL)))
        configure_logging(settings)
        asyncio.run(check_connections(database_settings))
        if settings.processes > 1:
            serve_together(database_settings, companion_of(database_settings))
            return
        with exporting_traces():
            run(server.build(database_settings, companion_of(database_settings)), database_settings)


def companion_of(settings: Settings) -> Callable[[], Awaitable[None]] | None:
    """Return the worker to run alongside the gateway in development, else None."""

    async def companion() -> None:
        try:
            await worker.work(settings, asyncio.Event())
        except Exception:
            log.exception("worker.failed")  # the gateway keeps serving

    return companion if settings.development else None


async def prepare_database(settings: Settings, demo: SampleMarket) -> str:
    """Migrate and fill the database. Returns the text to print at startup."""
    async with open_database(settings) as engine:
        await migrate(engine)
        lines = []
        if settings.development and demo != SampleMarket.NONE:
            with suppress(NotEmpty):
                lines.append(await fill(engine, DemoScale(demo)))
        if settings.port:  # otherwise the log reports the port once it's known
            lines.append(f"GraphiQL is at {settings.public_url}/ and GraphQL at {settings.public_url}/graphql.")
        lines += filter(None, [warning(settings)])
        return "\n".join([*lines, *(await _sample_users(engine) if settings.development else [])])


async def _sample_users(engine: AsyncEngine) -> list[str]:
    """Return a line for each sample user that exists, and how to get a token."""
    with requiring_tables():
        users = [each for each in server.DEMO_VIEWERS if await find_member(engine, each.email)]
    width = max((len(user.email) for user in users), default=0)
    lines = [f"  {user.email.ljust(width)}  {user.label}" for user in users]
    return ["Sample users (crossgate token --development --as EMAIL prints a token):", *lines] if users else []


def require_free_ports(settings: Settings) -> None:
    """Raise Failure if an address can't be listened on, before anything is prepared or printed."""
    _require_free_port(settings.host, settings.port, "--host", "--port")
    if settings.metrics_port is not None:
        _require_free_port(settings.metrics_host, settings.metrics_port, variable("metrics_host"), variable("metrics_port"))


def _require_free_port(host: str, port: int, host_option: str, port_option: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind((host, port))
        except socket.gaierror:
            raise Failure(f"The host name {host} can't be resolved. Choose another one with {host_option}.") from None
        except OSError as error:
            reason = (
                "is in use" if error.errno == errno.EADDRINUSE else f"can't be used: {os.strerror(error.errno or 0).lower()}"
            )
            raise Failure(f"Port {port} of {host} {reason}. Choose another one with {port_option}.") from None


def _stop(_signal: int, _frame: Any) -> NoReturn:
    """Exit cleanly, so that the embedded PostgreSQL stops too."""
    raise SystemExit(0)
