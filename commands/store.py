"""The database that a command works on: the one in DATABASE_URL, otherwise the embedded one, which stops when the
command ends."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from address import Address
from commands.failure import Failure
from models.database import connect, is_locked, transaction, upgrade
from models.embedded import Embedded
from resolvers.writing.change_log import record_changes
from settings import Settings

DIRECTORY: Final = "postgres"  # in the data directory
NAME: Final = "crossgate"
MIGRATION_LOCK: Final = 7_041_936  # advisory lock key while migrating; any number that nothing else uses
RECORDED_LOCK: Final = 7_041_938  # advisory lock key of recorded transactions


@contextmanager
def running_database(settings: Settings) -> Iterator[Settings]:
    """Yield the settings with a database URL. If it's the embedded database, it runs for the length of the block."""
    if settings.database_url is not None:
        yield settings
        return
    with Embedded(settings.data_dir / DIRECTORY) as postgres:
        url = asyncio.run(postgres.database(NAME))
        yield settings.model_copy(update={"database_url": url})


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """Open a connection pool and check that the database answers. Raises Failure."""
    url = str(settings.database_url)
    engine = connect(url)
    try:
        await _check_connection(engine, url)
        yield engine
    finally:
        await engine.dispose()


@contextmanager
def requiring_tables() -> Iterator[None]:
    """Raise Failure if the database has no tables yet."""
    try:
        yield
    except ProgrammingError:
        raise Failure("The database has no tables yet. Run `crossgate serve` or `crossgate database upgrade`.") from None


@asynccontextmanager
async def open_transaction(settings: Settings) -> AsyncIterator[AsyncSession]:
    """Open a session in one transaction. Raises Failure if the database doesn't answer, or has no tables yet."""
    async with open_database(settings) as engine:
        with requiring_tables():
            async with transaction(engine) as session:
                yield session


@asynccontextmanager
async def open_recorded_transaction(settings: Settings, command: str) -> AsyncIterator[AsyncSession]:
    """Like `open_transaction`. The audit log gets every change, with the command as its action.

    Such commands run one after the other, so what one of them checks stays true until it commits.
    """
    async with open_transaction(settings) as session:
        await session.execute(sa.select(sa.func.pg_advisory_xact_lock(RECORDED_LOCK)))
        record_changes(session, command)
        yield session


async def migrate(engine: AsyncEngine) -> None:
    """Upgrade the schema to the latest revision. Concurrent processes wait for each other."""
    async with transaction(engine) as guard:  # of a transaction, not a session: a pooler shares sessions
        await guard.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        try:
            await upgrade(engine)
        except DBAPIError as error:
            if not is_locked(error):
                raise
            raise Failure(
                "The schema isn't upgraded: for ten minutes, others held locks on tables that change. What is done stays done. "
                "End long transactions (see pg_stat_activity), and try again."
            ) from error


async def _check_connection(engine: AsyncEngine, url: str) -> None:
    try:
        async with engine.connect():
            return
    except Exception as error:  # drivers and operating systems fail in many ways
        raise Failure(
            f"Can't connect to the database {Address.parse(url).shown}: {_reason(error)}. "
            "Check DATABASE_URL, and that the server is running."
        ) from error


def _reason(error: Exception) -> str:
    """Say why a connection failed. PostgreSQL's and asyncpg's own messages are used as they are."""
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    match cause:
        case TimeoutError():
            return "the server didn't answer in time"
        case socket.gaierror():
            return "the host name can't be resolved"
        case ssl.SSLCertVerificationError():
            return f"the server's certificate isn't trusted ({cause.verify_message.rstrip('.')})"
        case OSError(errno=int(code)) if not isinstance(cause, ssl.SSLError):
            return os.strerror(code).lower()
        case _:
            return (str(cause) or type(cause).__name__).rstrip(".")
