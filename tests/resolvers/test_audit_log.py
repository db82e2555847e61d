"""Audit log: the writer loses no event it can store, blocks no request, and keeps its queue bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from models import AuditEvent
from models.audit_event import AuditKind
from models.database import connect
from policies.viewer import Viewer
from resolvers.auditing import audit_log
from resolvers.auditing.audit_log import AuditEventKey, AuditLog, AuditSubject
from resolvers.auditing.recording import count_redacted_values, record
from resolvers.context import Context, Origin
from tests.client import Client
from tests.factory import Factory
from tests.resolvers.test_unit_of_work import context_of

PRICE: Final = AuditSubject("Port", "monthlyRate", None, "ROLE_REQUIRED")
RATE: Final = {"type": "Port", "field": "monthlyRate", "reason": "ROLE_REQUIRED"}
MOMENT: Final = 0.02
NOWHERE: Final = "postgresql+asyncpg://nobody@127.0.0.1:1/nowhere"


def denial(company: UUID | None = None, user: UUID | None = None) -> AuditEventKey:
    """Return the key of a denial."""
    return AuditEventKey(AuditKind.DENIAL, company, user, None, company, None, None, "Prices", "0", "1")


async def events(engine: AsyncEngine) -> list[tuple[int, Any]]:
    """Return the events in the log, each as its number of requests and its counts."""
    query = sa.select(AuditEvent.requests, AuditEvent.counts).order_by(AuditEvent.id)
    async with engine.connect() as connection:
        return [(requests, counts) for requests, counts in (await connection.execute(query)).all()]


@asynccontextmanager
async def running(engine: AsyncEngine, **bounds: Any) -> AsyncIterator[AuditLog]:
    """Run an audit log for the time of the block."""
    log = AuditLog(engine, **{"flush_interval": MOMENT, **bounds})
    await log.start()
    try:
        yield log
    finally:
        await log.close()


async def wait_for_events(engine: AsyncEngine, number: int) -> list[tuple[int, Any]]:
    """Wait until the log has `number` events, and return them."""
    async with asyncio.timeout(30):
        while len(written := await events(engine)) < number:  # noqa: ASYNC110 (the log has no signal for it)
            await asyncio.sleep(MOMENT)
    return written


async def rename_table(engine: AsyncEngine, old: str, new: str) -> None:
    """Rename a table, so that the database refuses statements on its old name."""
    async with engine.connect() as connection:
        await connection.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}"))


async def test_similar_events_become_one_row(engine: AsyncEngine) -> None:
    """Events with the same key are added up and written together; another user has a separate event."""
    async with running(engine) as log:
        for number in (1, 2):
            await log.enqueue(denial(), "first", {PRICE: number})
        await log.enqueue(denial(user=uuid4()), "third", {PRICE: 5})
        written = await wait_for_events(engine, 2)

    assert [(2, [{**RATE, "count": 3}]), (1, [{**RATE, "count": 5}])] == written


async def test_pending_events_are_written_at_shutdown(engine: AsyncEngine) -> None:
    """Closing the log writes everything, however long the flush interval is."""
    async with running(engine, flush_interval=3600) as log:
        await log.enqueue(denial(), None, {PRICE: 1})
        before = await events(engine)

    assert ([], [(1, [{**RATE, "count": 1}])]) == (before, await events(engine))


async def test_writer_survives_a_database_outage(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events that can't be written stay pending and are written exactly once."""
    monkeypatch.setattr(audit_log, "MIN_RETRY_DELAY", MOMENT)
    await rename_table(engine, "audit_event", "away")
    with structlog.testing.capture_logs() as lines:
        async with running(engine) as log:
            await log.enqueue(denial(), None, {PRICE: 1})
            async with asyncio.timeout(30):
                while not lines:  # noqa: ASYNC110
                    await asyncio.sleep(MOMENT)
            await log.enqueue(denial(), None, {PRICE: 1})
            await rename_table(engine, "away", "audit_event")
            written = await wait_for_events(engine, 2)

    assert [(1, [{**RATE, "count": 1}])] * 2 == written
    assert {("audit.delayed", "ProgrammingError")} == {(line["event"], line["error"]) for line in lines}


async def test_requests_wait_while_the_queue_is_full(engine: AsyncEngine) -> None:
    """A new event waits for room in the full queue. An event similar to a pending one doesn't wait."""
    async with running(engine, flush_interval=3600, max_pending=1) as log:
        await log.enqueue(denial(), None, {PRICE: 1})
        await log.enqueue(denial(), None, {PRICE: 1})
        waiting = asyncio.create_task(log.enqueue(denial(user=uuid4()), None, {PRICE: 7}))
        await asyncio.sleep(MOMENT)
        before = waiting.done()
        await log.flush()
        await asyncio.wait_for(waiting, 30)

    assert (False, [(2, [{**RATE, "count": 2}]), (1, [{**RATE, "count": 7}])]) == (before, await events(engine))


async def test_event_of_a_deleted_company_does_not_block_others(engine: AsyncEngine) -> None:
    """An event that the database refuses is logged, and the others are written."""
    gone = uuid4()
    with structlog.testing.capture_logs() as lines:
        async with running(engine) as log:
            await log.enqueue(denial(gone), None, {PRICE: 1})
            await log.enqueue(denial(), None, {PRICE: 2})
            written = await wait_for_events(engine, 1)

    assert [(1, [{**RATE, "count": 2}])] == written
    assert [("audit.refused", gone)] == [(line["event"], line["company_id"]) for line in lines]


async def test_lost_events_are_logged_at_shutdown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a database the gateway still stops, and logs how many events are lost."""
    monkeypatch.setattr(audit_log, "SHUTDOWN_TIMEOUT", 1)
    away = connect(NOWHERE)
    with structlog.testing.capture_logs() as lines:
        async with running(away, flush_interval=3600) as log:
            await log.enqueue(denial(), None, {PRICE: 1})
    await away.dispose()

    assert [("audit.lost", 1)] == [(line["event"], line["events"]) for line in lines]


async def view_as_request(client: Client, engine: AsyncEngine, factory: Factory) -> tuple[Context, Viewer, Viewer]:
    """Return a request in which a partner's administrator views as a member of its account, with both viewers."""
    account = await factory.managed_account(await factory.partner())
    requester, viewer = [(await context_of(client, engine, email)).viewer for email in (account.partner.admin, account.admin)]
    return Context(client.app.state.services, viewer, Origin("request"), requester=requester), requester, viewer


async def identities(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    """Return the identities, the owner and the counts of each event in the log."""
    columns = ("kind", "actor_company_id", "as_user_id", "as_company_id", "company_id", "operation_name", "counts")
    query = sa.select(*(getattr(AuditEvent, name) for name in columns)).order_by(AuditEvent.id)
    async with engine.connect() as connection:
        return [tuple(row) for row in (await connection.execute(query)).all()]


async def test_view_as_is_recorded_before_the_response(client: Client, engine: AsyncEngine) -> None:
    """The event has both identities and belongs to the target company; denials on the way belong to the requester."""
    context, requester, viewer = await view_as_request(client, engine, Factory(engine))
    context.audit_trail.note_denials({PRICE: 1})

    await record(context, "Look", "query Look { viewer { roles } }")
    at_once = await identities(engine)
    await client.app.state.services.audit.flush()

    seen = (requester.company_id, viewer.user_id, viewer.company_id)
    looked = (AuditKind.VIEW_AS, *seen, viewer.company_id, "Look", None)
    denied = (AuditKind.DENIAL, *seen, requester.company_id, "Look", [{**RATE, "count": 1}])
    assert [looked] == at_once
    assert [looked, denied] == await identities(engine)


async def test_explanations_are_recorded_before_the_response(client: Client, engine: AsyncEngine) -> None:
    """The event has the type, the field and the viewer; explaining your own decisions names nobody else."""
    _, requester, viewer = await view_as_request(client, engine, Factory(engine))
    context = Context(client.app.state.services, requester)
    await context.audit_trail.note_explanation("Port", "monthlyRate", viewer)
    await context.audit_trail.note_explanation("Port", None, requester)

    await record(context, None, "{ explain { allowed } }")

    field = [{"type": "Port", "field": "monthlyRate", "count": 1}]
    theirs = (AuditKind.EXPLAIN, requester.company_id, viewer.user_id, viewer.company_id, viewer.company_id, None, field)
    own = (AuditKind.EXPLAIN, requester.company_id, None, None, requester.company_id, None, [{"type": "Port", "count": 1}])
    assert [theirs, own] == await identities(engine)


async def test_unrecorded_view_as_fails(client: Client, engine: AsyncEngine) -> None:
    """A view-as request gets an error instead of data if its event can't be written."""
    context, *_ = await view_as_request(client, engine, Factory(engine))
    await rename_table(engine, "audit_event", "away")

    with pytest.raises(sa.exc.ProgrammingError) as raised:
        await record(context, None, "{ viewer { roles } }")

    assert "audit_event" in str(raised.value)


@pytest.mark.parametrize(
    ("path", "number"),
    [
        (("port", "rate"), 1),
        (("ports", 2, "rate"), 1),
        (("ports", "*", "rate"), 2),
        (("companies", "*", "ports", "*", "rate"), 3),
        (("companies", 0, "ports", "*", "rate"), 1),
        (("nobody", "rates", "*"), 0),
    ],
)
def test_count_of_redacted_values(path: tuple[str | int, ...], number: int) -> None:
    """A star matches each list item that isn't null."""
    port = {"rate": None}
    companies = [{"ports": [port]}, {"ports": [port, port]}, {"ports": []}]
    data = {"port": port, "ports": [port, None, port], "companies": companies, "nobody": None}

    assert number == count_redacted_values(path, data)
