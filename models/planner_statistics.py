"""What PostgreSQL can't know from its statistics: any company may have a large part of a table.

Statements are planned once for all companies, by the average number of rows. Among a hundred thousand small companies, such a
plan sorts all rows of a large one where it could stop after a page. So the columns that reference a company say that there are few.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

COMPANIES: Final = 100  # a plan is made for a company with a hundredth of the rows, and is as good for smaller ones
PENDING: Final = sa.text("""
    SELECT format('%I.%I', n.nspname, t.relname), t.reltuples > 0, array_agg(DISTINCT quote_ident(a.attname))
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND c.confrelid = to_regclass('company') AND a.attoptions IS NULL AND pg_has_role(t.relowner, 'USAGE')
    GROUP BY 1, 2 ORDER BY 1
""")


async def expect_large_companies(engine: AsyncEngine, lock_timeout: float) -> None:
    """Set the statistics of columns that reference a company, where nobody has set them, in tables of one's own. Raises DBAPIError.

    `lock_timeout` is in seconds: a table that is being vacuumed makes it wait. Reads and writes go on.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        for table, has_rows, columns in (await connection.execute(PENDING)).all():
            await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{lock_timeout * 1000:.0f}ms'")
            await connection.exec_driver_sql(set_companies(table, columns))
            if has_rows:
                await connection.exec_driver_sql(f"ANALYZE {table}")
            await connection.commit()


def set_companies(table: str, columns: list[str]) -> str:
    """Return the statement that sets the statistics of a table's columns. They take effect when the table is analyzed next."""
    return f"ALTER TABLE {table} " + ", ".join(f"ALTER {column} SET (n_distinct = {COMPANIES})" for column in columns)
