"""The database: a connection pool tuned for many small reads, and the schema migrations.

PostgreSQL uses generic plans, because planning was half of a page's cost (docs/decisions/generic-plans.md). The gateway's
statements therefore contain the policy's constants as literals and the viewer's facts as parameters.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from address import Address
from models.planner_statistics import override_company_statistics
from telemetry import statements

MIGRATIONS: Final = Path(__file__).parent / "migrations"
SERVER_SETTINGS: Final = {
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    # Data is in memory or on an SSD. With the default of 4, generic plans read and sort all rows that a viewer owns.
    "random_page_cost": "1.1",
    # No page needs one. Where PostgreSQL expects that all keys are low, it reads an index from its start, however far the key is.
    "enable_mergejoin": "off",
}
LOCKED: Final = {"55P03", "40P01"}  # a lock wasn't free in time, two transactions waited for each other
SERVER_ENDS: Final = {"57P01", "57P02", "57P03"}  # an administrator ends a connection, a crash does, the server isn't ready
CONNECTION_LOST: Final = "08"  # the class of errors of connections, which poolers use too when their server is gone


@dataclass(frozen=True, slots=True)
class LockWaits:
    """How migrations wait for locks: `attempts` times, for `timeout` seconds each, with pauses of `pause` seconds."""

    timeout: float = 2
    pause: float = 3
    attempts: int = 120


LOCK_WAITS: Final = LockWaits()
log = structlog.stdlib.get_logger("crossgate.database")


def connect(url: str, pool_size: int = 10, timeout: float = 0) -> AsyncEngine:
    """Create a pool of `pool_size` connections in autocommit mode. Writes open a `transaction`.

    PostgreSQL cancels a statement after `timeout` seconds; 0 means never. Raises InvalidAddress.
    """
    address = Address.parse(url)
    engine = create_async_engine(
        address.sqlalchemy,
        pool_size=pool_size,
        max_overflow=0,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,  # errors are logged; values must not be
        query_cache_size=4096,
        connect_args=address.asyncpg(server_settings(timeout)),
    )
    sa.event.listen(engine.sync_engine, "before_cursor_execute", _start_timing)
    sa.event.listen(engine.sync_engine, "after_cursor_execute", _end_timing)
    return engine


def is_lost(error: BaseException) -> bool:
    """Return whether an error says that the connection has ended, or that none could be opened."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _names_lost(error.orig)
    return _names_lost(error) or isinstance(error, OSError)


def _names_lost(error: BaseException | None) -> bool:
    state = sqlstate(error)
    return state in SERVER_ENDS or state.startswith(CONNECTION_LOST)


def is_locked(error: DBAPIError) -> bool:
    """Return whether an error says that a lock wasn't free."""
    return sqlstate(error.orig) in LOCKED


def sqlstate(error: BaseException | None) -> str:
    """Return PostgreSQL's code of an error, or an empty text if it has none."""
    return getattr(error, "sqlstate", None) or ""


def _start_timing(_connection: Any, _cursor: Any, _text: str, _values: Any, context: Any, _many: bool) -> None:
    context.started = time.perf_counter()


def _end_timing(_connection: Any, _cursor: Any, text: str, _values: Any, context: Any, _many: bool) -> None:
    statements.note_write(text, context.started)


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """Open a session in one transaction. It commits when the block ends, and rolls back if the block raises."""
    transactional = engine.execution_options(isolation_level="READ COMMITTED")
    async with AsyncSession(transactional, expire_on_commit=False) as session, session.begin():
        yield session


def server_settings(timeout: float) -> dict[str, str]:
    """Return the server settings of each connection. PostgreSQL cancels a statement after `timeout` seconds; 0 means never."""
    return {**SERVER_SETTINGS, "statement_timeout": str(int(timeout * 1000))}


async def upgrade(engine: AsyncEngine, revision: str = "head", locks: LockWaits = LOCK_WAITS) -> None:
    """Upgrade the schema to `revision`, and what plans are made from, while others use the database. Raises DBAPIError.

    All who need a table queue behind a migration that waits for its lock. So it waits briefly, lets them pass, and tries again.
    """
    for attempt in count(1):
        try:
            await _alembic(engine, "upgrade", revision, f"{locks.timeout * 1000:.0f}ms")
            await override_company_statistics(engine, locks.timeout)
        except DBAPIError as error:
            if not is_locked(error) or attempt >= locks.attempts:
                raise
            log.warning("migration.locked", attempt=attempt, attempts=locks.attempts)
            await asyncio.sleep(locks.pause)
        else:
            return


async def downgrade(engine: AsyncEngine, revision: str = "base") -> None:
    """Downgrade the schema to `revision`. Data that later revisions added is lost."""
    await _alembic(engine, "downgrade", revision)


async def _alembic(engine: AsyncEngine, command: str, revision: str, lock_timeout: str = "0") -> None:
    from alembic import command as commands  # imported late, because a gateway that only serves doesn't need it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")

    def run(connection: sa.Connection) -> None:
        config.attributes["connection"] = connection
        # At each begin, because each migration has a transaction, and a pooler gives each transaction another session.
        sa.event.listen(connection, "begin", lambda begun: begun.exec_driver_sql(f"SET LOCAL lock_timeout = '{lock_timeout}'"))
        getattr(commands, command)(config, revision)

    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        await connection.run_sync(run)
        await connection.commit()
