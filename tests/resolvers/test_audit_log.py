"""The audit log's writer loses nothing that it can keep, holds nobody up, and keeps no more than it may."""

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
from resolvers.auditing.audit_trail import count_redacted_values, record
from resolvers.context import Context, Origin
from tests.client import Client
from tests.factory import Factory
from tests.resolvers.test_unit_of_work import context_of

PRICE: Final = AuditSubject("Port", "monthlyRate", None, "ROLE_REQUIRED")
RATE: Final = {"type": "Port", "field": "monthlyRate", "reason": "ROLE_REQUIRED"}
MOMENT: Final = 0.02
NOWHERE: Final = "postgresql+asyncpg://nobody@127.0.0.1:1/nowhere"


def act(company: UUID | None = None, user: UUID | None = None) -> AuditEventKey:
    """A denial of somebody."""
    return AuditEventKey(AuditKind.DENIAL, company, user, company, None, None, "Prices", "0", "1")


async def events(engine: AsyncEngine) -> list[tuple[int, Any]]:
    """What the log has: how many requests, and their counts."""
    query = sa.select(AuditEvent.requests, AuditEvent.counts).order_by(AuditEvent.id)
    async with engine.connect() as connection:
        return [(requests, counts) for requests, counts in (await connection.execute(query)).all()]


@asynccontextmanager
async def running(engine: AsyncEngine, **bounds: Any) -> AsyncIterator[AuditLog]:
    """A log that is written."""
    log = AuditLog(engine, **{"flush_interval": MOMENT, **bounds})
    await log.start()
    try:
        yield log
    finally:
        await log.close()


async def until(engine: AsyncEngine, number: int) -> list[tuple[int, Any]]:
    """What the log has once it has so many events."""
    async with asyncio.timeout(5):
        while len(found := await events(engine)) < number:  # noqa: ASYNC110 (the log tells nobody)
            await asyncio.sleep(MOMENT)
    return found


async def renamed(engine: AsyncEngine, old: str, new: str) -> None:
    """The database does not have the table by its name any more."""
    async with engine.connect() as connection:
        await connection.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}"))


async def test_like_events_of_a_moment_are_one(engine: AsyncEngine) -> None:
    """Those of one act are added up and written within a moment; another's is another event."""
    async with running(engine) as log:
        for number in (1, 2):
            await log.enqueue(act(), "first", {PRICE: number})
        await log.enqueue(act(user=uuid4()), "third", {PRICE: 5})
        found = await until(engine, 2)

    assert [(2, [{**RATE, "count": 3}]), (1, [{**RATE, "count": 5}])] == found


async def test_what_waits_is_written_at_shutdown(engine: AsyncEngine) -> None:
    """A log that is closed has written everything, however long its moment is."""
    async with running(engine, flush_interval=3600) as log:
        await log.enqueue(act(), None, {PRICE: 1})
        before = await events(engine)

    assert ([], [(1, [{**RATE, "count": 1}])]) == (before, await events(engine))


async def test_the_writer_goes_on_while_the_database_is_away(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written waits and is written once it can be, exactly once."""
    monkeypatch.setattr(audit_log, "MIN_RETRY_DELAY", MOMENT)
    await renamed(engine, "audit_event", "away")
    with structlog.testing.capture_logs() as lines:
        async with running(engine) as log:
            await log.enqueue(act(), None, {PRICE: 1})
            async with asyncio.timeout(5):
                while not lines:  # noqa: ASYNC110
                    await asyncio.sleep(MOMENT)
            await log.enqueue(act(), None, {PRICE: 1})
            await renamed(engine, "away", "audit_event")
            found = await until(engine, 2)

    assert [(1, [{**RATE, "count": 1}])] * 2 == found
    assert {("audit.delayed", "ProgrammingError")} == {(line["event"], line["error"]) for line in lines}


async def test_requests_wait_where_too_many_events_do(engine: AsyncEngine) -> None:
    """More than is kept makes whoever notes it wait until something is written; an event like one that waits does not."""
    async with running(engine, flush_interval=3600, max_pending=1) as log:
        await log.enqueue(act(), None, {PRICE: 1})
        await log.enqueue(act(), None, {PRICE: 1})
        waiting = asyncio.create_task(log.enqueue(act(user=uuid4()), None, {PRICE: 7}))
        await asyncio.sleep(MOMENT)
        before = waiting.done()
        await log.flush()
        await asyncio.wait_for(waiting, 5)

    assert (False, [(2, [{**RATE, "count": 2}]), (1, [{**RATE, "count": 7}])]) == (before, await events(engine))


async def test_an_event_of_a_company_that_is_gone_keeps_no_other_back(engine: AsyncEngine) -> None:
    """What the database never takes is told to the logs, and the others are written."""
    gone = uuid4()
    with structlog.testing.capture_logs() as lines:
        async with running(engine) as log:
            await log.enqueue(act(gone), None, {PRICE: 1})
            await log.enqueue(act(), None, {PRICE: 2})
            found = await until(engine, 1)

    assert [(1, [{**RATE, "count": 2}])] == found
    assert [("audit.refused", gone)] == [(line["event"], line["company_id"]) for line in lines]


async def test_what_cannot_be_written_at_shutdown_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway stops though the database is away, and says how many events are lost."""
    monkeypatch.setattr(audit_log, "SHUTDOWN_TIMEOUT", 1)
    away = connect(NOWHERE)
    with structlog.testing.capture_logs() as lines:
        async with running(away, flush_interval=3600) as log:
            await log.enqueue(act(), None, {PRICE: 1})
    await away.dispose()

    assert [("audit.lost", 1)] == [(line["event"], line["events"]) for line in lines]


async def looking(ask: Client, engine: AsyncEngine, given: Factory) -> tuple[Context, Viewer, Viewer]:
    """A request of a partner's administrator that looks as one of its account's, and both of them."""
    account = await given.managed_account(await given.partner())
    asker, viewer = [(await context_of(ask, engine, email)).viewer for email in (account.partner.admin, account.admin)]
    return Context(ask.app.state.services, viewer, Origin("request"), requester=asker), asker, viewer


async def people(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    """Who is in the log, as whom, whose affair it was, and what was counted."""
    columns = ("kind", "actor_company_id", "as_user_id", "as_company_id", "company_id", "operation_name", "counts")
    query = sa.select(*(getattr(AuditEvent, name) for name in columns)).order_by(AuditEvent.id)
    async with engine.connect() as connection:
        return [tuple(row) for row in (await connection.execute(query)).all()]


async def test_looking_as_another_is_written_before_the_answer(ask: Client, engine: AsyncEngine) -> None:
    """It has both identities, and belongs to the company that is looked as; denials met on the way are the asker's."""
    context, asker, viewer = await looking(ask, engine, Factory(engine))
    context.audit_trail.note_denials({PRICE: 1})

    await record(context, "Look", "query Look { viewer { roles } }")
    at_once = await people(engine)
    await ask.app.state.services.audit.flush()

    seen = (asker.company_id, viewer.user_id, viewer.company_id)
    looked = (AuditKind.VIEW_AS, *seen, viewer.company_id, "Look", None)
    denied = (AuditKind.DENIAL, *seen, asker.company_id, "Look", [{**RATE, "count": 1}])
    assert [looked] == at_once
    assert [looked, denied] == await people(engine)


async def test_decisions_that_are_explained_are_written_before_the_answer(ask: Client, engine: AsyncEngine) -> None:
    """It says of which type and field, and for which viewer; of the asker's own decisions nobody else is named."""
    _, asker, viewer = await looking(ask, engine, Factory(engine))
    context = Context(ask.app.state.services, asker)
    await context.audit_trail.note_explanation("Port", "monthlyRate", viewer)
    await context.audit_trail.note_explanation("Port", None, asker)

    await record(context, None, "{ explain { allowed } }")

    field = [{"type": "Port", "field": "monthlyRate", "count": 1}]
    theirs = (AuditKind.EXPLAIN, asker.company_id, viewer.user_id, viewer.company_id, viewer.company_id, None, field)
    own = (AuditKind.EXPLAIN, asker.company_id, None, None, asker.company_id, None, [{"type": "Port", "count": 1}])
    assert [theirs, own] == await people(engine)


async def test_what_is_not_recorded_is_not_answered(ask: Client, engine: AsyncEngine) -> None:
    """Whoever looks as another while the log cannot be written gets an error instead of an answer."""
    context, *_ = await looking(ask, engine, Factory(engine))
    await renamed(engine, "audit_event", "away")

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
def test_a_path_stands_for_so_many_values(path: tuple[str | int, ...], number: int) -> None:
    """A star is each item of its list that is not null."""
    port = {"rate": None}
    companies = [{"ports": [port]}, {"ports": [port, port]}, {"ports": []}]
    data = {"port": port, "ports": [port, None, port], "companies": companies, "nobody": None}

    assert number == count_redacted_values(path, data)
