"""Notification kinds in migrations: the check of the kind of notifications and emails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from alembic import op

TABLES: Final = ("notification", "mail")


def set_kinds(kinds: Sequence[str]) -> None:
    """Allow these kinds only. Notifications and emails of other kinds are deleted."""
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    for table in TABLES:
        name = op.f(f"{table}_notificationkind_check")
        op.execute(f"DELETE FROM {table} WHERE kind NOT IN ({allowed})")  # noqa: S608 (of constants)
        op.drop_constraint(name, table)
        op.create_check_constraint(name, table, f"kind IN ({allowed})")
