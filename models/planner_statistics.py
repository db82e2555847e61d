"""Overrides of PostgreSQL's statistics, so that its plans also suit companies with many rows.

A statement is planned once for all companies, for the average number of rows per company. With a hundred thousand small companies,
that plan sorts all rows of a large company, where another one could stop after a page. So the number of distinct companies in a
column is set to a small one (docs/decisions/plans-fit-large-companies.md).
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

N_DISTINCT: Final = 100  # plans expect that a company has a hundredth of the rows; they suit smaller companies too
COLUMNS_TO_OVERRIDE: Final = sa.text("""
    SELECT format('%I.%I', n.nspname, t.relname), t.reltuples > 0, array_agg(DISTINCT quote_ident(a.attname))
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND c.confrelid = to_regclass('company') AND a.attoptions IS NULL AND pg_has_role(t.relowner, 'USAGE')
    GROUP BY 1, 2 ORDER BY 1
""")


async def override_company_statistics(engine: AsyncEngine, lock_timeout: float) -> None:
    """Override the statistics of columns that reference a company. Raises DBAPIError.

    Columns with other overrides, and tables of other owners, are left alone. `lock_timeout` is in seconds: the statement waits for a
    table that is being vacuumed. Reads and writes continue meanwhile.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        for table, has_rows, columns in (await connection.execute(COLUMNS_TO_OVERRIDE)).all():
            await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{lock_timeout * 1000:.0f}ms'")
            await connection.exec_driver_sql(n_distinct_statement(table, columns))
            if has_rows:
                await connection.exec_driver_sql(f"ANALYZE {table}")
            await connection.commit()


def n_distinct_statement(table: str, columns: list[str]) -> str:
    """Return the statement that overrides the statistics of a table's columns. ANALYZE applies it."""
    return f"ALTER TABLE {table} " + ", ".join(f"ALTER {column} SET (n_distinct = {N_DISTINCT})" for column in columns)
