"""What tests of mutations share: sending one, and what the database holds before and after."""

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
IGNORED_TABLES = {"audit_event", "idempotent_request", "alembic_version"}


async def send(ask: Client, viewer: str | None, mutation: str, selection: str, **values: Any) -> dict[str, Any]:
    """The payload of a mutation with one input: `selection` and the problems. `key` is its Idempotency-Key."""
    headers = {"Idempotency-Key": key} if (key := values.pop("key", None)) else {}
    name = f"{mutation[0].upper()}{mutation[1:]}"
    query = f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ {selection} {ERRORS} }} }}"
    answer = await ask.send(viewer, query, {"input": values}, **headers)
    assert [] == answer.errors
    payload: dict[str, Any] = answer.data[mutation]
    return payload


def user_error(code: str, *field: str) -> dict[str, Any]:
    """A problem as it is told."""
    return {"code": code, "field": list(field) or None}


async def stored_rows(engine: AsyncEngine) -> dict[str, list[Any]]:
    """All that the database holds, but for the trail."""
    async with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, (await connection.execute(sa.select(table))).all()))
            for table in Base.metadata.sorted_tables
            if table.name not in IGNORED_TABLES
        }


async def recorded_changes(engine: AsyncEngine) -> list[tuple[str, str, dict[str, Any]]]:
    """What was recorded: which action changed which table, and how."""
    query = (
        sa.select(AuditEvent.action, AuditEvent.table_name, AuditEvent.changes)
        .where(AuditEvent.kind == AuditKind.CHANGE)
        .order_by(AuditEvent.id)
    )
    async with engine.connect() as connection:
        return [(action, table, changes) for action, table, changes in (await connection.execute(query)).all()]


async def queued_mails(engine: AsyncEngine) -> list[tuple[str, str, str]]:
    """The mails that wait to be sent: their kind, to whom they go, and all that they say."""
    query = sa.select(Mail.kind, Mail.to_address, Mail.subject, Mail.body).order_by(Mail.id)
    async with engine.connect() as connection:
        return [(str(kind), to, f"{subject}\n{body}") for kind, to, subject, body in (await connection.execute(query)).all()]


@contextmanager
def executed_statements(engine: AsyncEngine) -> Iterator[list[str]]:
    """Collects the SQL statements that an engine executes inside."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    sa.event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(engine.sync_engine, "before_cursor_execute", note)
