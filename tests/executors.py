"""Both executors in one run: a request or a whole test can run on graphql-core alone, as with CROSSGATE_PLANNER=false.

`Client` sends queries that had a plan a second time without one and compares the answers: the first FIRST_SENT times that a process
sends a document, and then every REPEATED time. What an answer doesn't show, such as the number of statements, is tested by
`@pytest.mark.executors`: the test then runs once on each executor.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final, TypeAlias, TypeVar
from unittest.mock import patch

import httpx

from resolvers.auditing.audit_log import AuditEventKey, AuditLog, AuditSubject
from resolvers.execution.plans import PlanRunner

NAMES: Final = ("planned", "graphql-core")
FIRST_SENT: Final = 2  # times that a document is sent to both executors, for different viewers and rows
REPEATED: Final = 16  # it's then sent to both once in as many times: the second pass takes half of the time of tests
REQUEST_ID: Final = re.compile(rb'("requestId":\s*)"[^"]*"')
Event: TypeAlias = tuple[AuditEventKey, tuple[tuple[AuditSubject, int], ...]]
Found = TypeVar("Found")
Send: TypeAlias = Callable[[], Awaitable[httpx.Response]]


@dataclass
class SideEffects:
    """The side effects of a request."""

    has_plan: bool = False  # whether a plan answered any part of it, such as a preview
    events: list[Event] = field(default_factory=list)


_effects: ContextVar[SideEffects | None] = ContextVar("_effects", default=None)
_unplanned: ContextVar[bool] = ContextVar("_unplanned", default=False)
_sent: Counter[str] = Counter()  # by document
_planner = {"on": True}  # of all requests of the process


class Difference(AssertionError):
    """The two executors differ."""


@contextmanager
def installed() -> Iterator[None]:
    """Let requests of this process run without a plan, and collect their audit events."""
    with ExitStack() as patches:
        for owner, name, wrapped in (
            (PlanRunner, "answer", _answer(PlanRunner.answer)),
            (PlanRunner, "answer_at_once", _answer(PlanRunner.answer_at_once)),
            (PlanRunner, "stream", _answer(PlanRunner.stream)),
            (AuditLog, "enqueue", _audit(AuditLog.enqueue)),
            (AuditLog, "write", _audit(AuditLog.write)),
        ):
            patches.enter_context(patch.object(owner, name, wrapped))
        yield


@contextmanager
def only(name: str) -> Iterator[None]:
    """Run all requests on one executor."""
    _planner["on"] = name == NAMES[0]
    try:
        yield
    finally:
        _planner["on"] = True


def is_turn(document: str) -> bool:
    """Count a document, and return whether both executors answer it this time."""
    _sent[document] += 1
    return _sent[document] <= FIRST_SENT or _sent[document] % REPEATED == 0


async def send_to_both(send: Send) -> httpx.Response:
    """Send a request. If a plan answered any part of it, send it again without plans. Raises Difference if they differ."""
    first, planned = await _run(send)
    if not planned.has_plan:
        return first
    token = _unplanned.set(True)
    try:
        second, unplanned = await _run(send)
    finally:
        _unplanned.reset(token)
    _compare(first, second, "status", first.status_code, second.status_code)
    _compare(first, second, "body", _content(first), _content(second))
    _compare(first, second, "audit", sorted(map(repr, planned.events)), sorted(map(repr, unplanned.events)))
    return first


def _compare(first: httpx.Response, second: httpx.Response, what: str, planned: Any, unplanned: Any) -> None:
    if planned != unplanned:
        request_body, ids = first.request.content, [each.headers.get("X-Request-ID") for each in (first, second)]
        raise Difference(
            f"{what} of {request_body!r}, requests {ids}\n\nplanned:      {planned!r}\ngraphql-core: {unplanned!r}"
        )


async def _run(send: Send) -> tuple[httpx.Response, SideEffects]:
    effects = SideEffects()
    token = _effects.set(effects)
    try:
        return await send(), effects
    finally:
        _effects.reset(token)


def _content(response: httpx.Response) -> bytes:
    return REQUEST_ID.sub(rb'\1""', response.content)


def _answer(answer: Callable[..., Awaitable[Found | None]]) -> Callable[..., Awaitable[Found | None]]:
    @wraps(answer)
    async def answered(plans: PlanRunner, *arguments: Any) -> Found | None:
        if not _planner["on"] or _unplanned.get():
            return None
        found, effects = await answer(plans, *arguments), _effects.get()
        if effects is not None and found is not None:
            effects.has_plan = True
        return found

    return answered


def _audit(keep: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @wraps(keep)
    async def kept(log: AuditLog, act: AuditEventKey, request_id: str | None, counts: Mapping[AuditSubject, int]) -> None:
        effects = _effects.get()
        if effects is not None:
            effects.events.append((act, tuple(sorted(counts.items(), key=repr))))
        if not _unplanned.get():
            await keep(log, act, request_id, counts)

    return kept
