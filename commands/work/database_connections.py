"""Whether PostgreSQL allows as many connections as the gateway's processes can open."""

from __future__ import annotations

import sqlalchemy as sa
import structlog

from commands.store import open_database
from settings import Settings, variable

ALLOWED = sa.text(
    "SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END) FROM pg_settings "
    "WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')"
)
log = structlog.stdlib.get_logger("crossgate.database")


def connections_of(settings: Settings) -> int:
    """Return how many connections a process can open: one pool to read, one to write, and one that receives changes."""
    return 2 * settings.pool_size + 1


async def check_connections(settings: Settings) -> None:
    """Log a warning if the processes can open more connections than PostgreSQL allows."""
    async with open_database(settings) as engine, engine.connect() as connection:
        allowed = int((await connection.execute(ALLOWED)).scalar_one())
    each, count = connections_of(settings), settings.processes
    needed = each * (count if count == 1 else count + 1)  # a restart starts a process before its predecessor has ended
    if needed <= allowed:
        return
    restart = f", and {needed} during a restart" if count > 1 else ""
    log.warning(
        "database.connections_exceeded",
        warning=f"The gateway can open {count * each} connections to PostgreSQL{restart}, but PostgreSQL allows {allowed}. Lower "
        f"{variable('processes')}, which is {count}, or {variable('pool_size')}, of which each process can open twice as many "
        "and one more; or raise max_connections. Workers and other programs need connections too.",
        needed=needed,
        allowed=allowed,
    )
