"""Lifecycles in migrations: the trigger that refuses every change of a status that isn't a step of its lifecycle.

A migration that adds a step calls `set_steps` with all steps of the table. One that renames a status calls `drop_steps` first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from alembic import op

FUNCTION: Final = """
    CREATE FUNCTION lifecycle() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            before text := to_jsonb(OLD) ->> TG_ARGV[0];
            after text := to_jsonb(NEW) ->> TG_ARGV[0];
        BEGIN
            IF before || '>' || after <> ALL (TG_ARGV) THEN
                RAISE check_violation USING
                    MESSAGE = format('Can''t change %s.%s from %s to %s.', TG_TABLE_NAME, TG_ARGV[0], before, after),
                    DETAIL = format('Its lifecycle has only these steps: %s.', array_to_string(TG_ARGV[1:], ', ')),
                    TABLE = TG_TABLE_NAME, COLUMN = TG_ARGV[0];
            END IF;
            RETURN NULL;
        END;$$
"""


def set_steps(table: str, column: str, steps: Iterable[str]) -> None:
    """Let the column change by these steps only, each written as `FROM>TO`. Rows can still be inserted with any status."""
    drop_steps(table)
    arguments = ", ".join(f"'{each}'" for each in (column, *steps))
    # AFTER, so that it judges what is stored: no other trigger can change the row any more.
    op.execute(
        f"CREATE TRIGGER lifecycle AFTER UPDATE ON {table} FOR EACH ROW "
        f"WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION lifecycle({arguments})"
    )


def drop_steps(table: str) -> None:
    """Let the table's status change freely, for the rest of a migration."""
    op.execute(f"DROP TRIGGER IF EXISTS lifecycle ON {table}")
