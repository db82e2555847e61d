"""Helpers for tests of mutations: send one, and read what the database holds before and after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import AuditEvent, Base, Mail
from models.audit_event import AuditKind
from tests.client import Client

ERRORS = "userErrors { code field }"
IGNORED_TABLES = {"audit_event", "idempotent_request"}
STORED_ROWS = sa.text(  # one statement, because tests compare all tables before and after each mutation
    " UNION ALL ".join(
        f"SELECT '{name}', ARRAY(SELECT stored::text FROM {name} AS stored ORDER BY 1)"
        for name in sorted(Base.metadata.tables.keys() - IGNORED_TABLES)
    )
)


async def send(client: Client, viewer: str | None, mutation: str, selection: str, **values: Any) -> dict[str, Any]:
    """Send a mutation and return its payload: `selection` and the user errors. `key` is its Idempotency-Key."""
    headers = {"Idempotency-Key": key} if (key := values.pop("key", None)) else {}
    name = f"{mutation[0].upper()}{mutation[1:]}"
    query = f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ {selection} {ERRORS} }} }}"
    answer = await client.send(viewer, query, {"input": values}, **headers)
    assert [] == answer.errors
    payload: dict[str, Any] = answer.data[mutation]
    return payload


def user_error(code: str, *field: str) -> dict[str, Any]:
    """Return a user error as the payload has it."""
    return {"code": code, "field": list(field) or None}


async def stored_rows(engine: AsyncEngine) -> dict[str, list[str]]:
    """Return all rows of the database as text by table, except for the audit log and the idempotency keys."""
    async with engine.connect() as connection:
        return {name: rows for name, rows in (await connection.execute(STORED_ROWS)).all()}  # noqa: C416 (rows are no pairs to mypy)


async def recorded_changes(engine: AsyncEngine) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the audited changes in order: the action, the table and the changed values."""
    query = (
        sa.select(AuditEvent.action, AuditEvent.table_name, AuditEvent.changes)
        .where(AuditEvent.kind == AuditKind.CHANGE)
        .order_by(AuditEvent.id)
    )
    async with engine.connect() as connection:
        return [(action, table, changes) for action, table, changes in (await connection.execute(query)).all()]


async def queued_mails(engine: AsyncEngine) -> list[tuple[str, str, str]]:
    """Return the queued emails in order: the kind, the recipient, and subject and body."""
    query = sa.select(Mail.kind, Mail.to_address, Mail.subject, Mail.body).order_by(Mail.id)
    async with engine.connect() as connection:
        return [(str(kind), to, f"{subject}\n{body}") for kind, to, subject, body in (await connection.execute(query)).all()]


@contextmanager
def executed_statements(engine: AsyncEngine) -> Iterator[list[str]]:
    """Collect the SQL statements that an engine executes in the block."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    sa.event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(engine.sync_engine, "before_cursor_execute", note)
