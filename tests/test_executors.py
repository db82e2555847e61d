"""Tests run queries on both executors, and a difference between them fails the test."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from resolvers.auditing.audit_log import AuditLog
from resolvers.execution.plans import Answer, PlanRunner
from resolvers.reading.redactions import Redactions
from tests import executors
from tests.client import DIRECT, HIDDEN, PARTNER, Client
from tests.executors import FIRST_SENT, REPEATED, Difference, is_turn

NAMES = "{ ports(first: 2) { nodes { name } } }"
PRICES = "{ ports(first: 2) { nodes { monthlyRate { amount } } } }"


@pytest.fixture
def _each_query(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare each query, however often it was sent."""
    monkeypatch.setattr(executors, "FIRST_SENT", sys.maxsize)


def test_repeated_document_is_compared_now_and_then() -> None:
    """The first times, and then regularly."""
    turns = [number for number in range(1, 3 * REPEATED + 1) if is_turn("{ repeated }")]

    assert [*range(1, FIRST_SENT + 1), REPEATED, 2 * REPEATED, 3 * REPEATED] == turns


@pytest.mark.usefixtures("_each_query")
async def test_different_value_fails(demo_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that answers with less than graphql-core fails the test."""
    planned = PlanRunner.answer

    async def answer(plans: PlanRunner, *arguments: Any) -> Answer | None:
        found = await planned(plans, *arguments)
        if found is not None and found.data is not None:
            found.data["ports"]["nodes"].pop()
        return found

    monkeypatch.setattr(PlanRunner, "answer", answer)

    with pytest.raises(Difference, match="ports"):
        await demo_client(PARTNER, NAMES)


@pytest.mark.usefixtures("_each_query")
async def test_different_redaction_fails(demo_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that doesn't say what it hides fails the test."""
    monkeypatch.setattr(Redactions, "settle", lambda _redactions, _entries: None)

    with pytest.raises(Difference, match="redactions"):
        await demo_client(HIDDEN, PRICES)


@pytest.mark.usefixtures("_each_query")
async def test_different_audit_event_fails(demo_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two executors with the same answer but different audit events fail the test."""
    noted = AuditLog.enqueue
    times = iter(range(2))

    async def note(log: AuditLog, act: Any, request_id: str | None, counts: Any) -> None:
        number = next(times)
        await noted(log, act, request_id, {counted: many + number for counted, many in counts.items()})

    monkeypatch.setattr(AuditLog, "enqueue", note)

    with pytest.raises(Difference, match="DENIAL"):
        await demo_client(HIDDEN, PRICES)


@pytest.mark.usefixtures("_each_query")
async def test_second_request_writes_no_audit_event(demo_client: Client) -> None:
    """A compared query is counted once."""
    log: AuditLog = demo_client.app.state.services.audit
    await log.flush()

    await demo_client(HIDDEN, PRICES)

    assert [1] == [event.requests for event in log._pending.values()]


@pytest.mark.executors
async def test_marked_test_runs_on_each_executor(demo_client: Client, executor: str) -> None:
    """All of its requests run on that executor."""
    answer = await demo_client(DIRECT, NAMES)

    assert executor == (answer.execution or "graphql-core")
