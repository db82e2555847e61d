"""Both executors in one run: a request, or a whole test, can run on graphql-core alone, as with CROSSGATE_PLANNER=false.

`Asking` sends each query that had a plan a second time without one and compares the answers. What an answer doesn't show, such as
the number of statements, is tested by `@pytest.mark.executors`: the test then runs once on each executor.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final, TypeAlias
from unittest.mock import patch

import httpx

from resolvers.audit import Act, AuditLog, Counted
from resolvers.execution.plans import Answer, Plans

NAMES: Final = ("planned", "graphql-core")
REQUEST_ID: Final = re.compile(rb'("requestId":\s*)"[^"]*"')
Event: TypeAlias = tuple[Act, tuple[tuple[Counted, int], ...]]
Send: TypeAlias = Callable[[], Awaitable[httpx.Response]]

_events: ContextVar[list[Event] | None] = ContextVar("_events", default=None)
_unplanned: ContextVar[bool] = ContextVar("_unplanned", default=False)
_planner = {"on": True}  # of all requests of the process


class Difference(AssertionError):
    """The two executors differ."""


@contextmanager
def installed() -> Iterator[None]:
    """Let requests of this process run without a plan, and collect their audit events."""
    with ExitStack() as patches:
        for owner, name, wrapped in (
            (Plans, "answer", _answer(Plans.answer)),
            (AuditLog, "note", _audit(AuditLog.note)),
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


async def send_to_both(send: Send) -> httpx.Response:
    """Send a request; if a plan has answered it, send it again without a plan. Raises Difference."""
    first, events = await _collected(send)
    if not first.headers.get("X-Crossgate-Execution", "").startswith(NAMES[0]):
        return first
    await compare(first, events, send)
    return first


async def send_query_to_both(send: Send) -> httpx.Response:
    """Send a request that only reads and doesn't say what ran it, twice. Raises Difference."""
    first, events = await _collected(send)
    await compare(first, events, send)
    return first


async def compare(first: httpx.Response, events: list[Event], send: Send) -> None:
    """Send a request without a plan. Raises Difference where its status, bytes or audit events are others."""
    token = _unplanned.set(True)
    try:
        second, repeated = await _collected(send)
    finally:
        _unplanned.reset(token)
    for planned, unplanned in (
        (first.status_code, second.status_code),
        (_content(first), _content(second)),
        (_sorted(events), _sorted(repeated)),
    ):
        if planned != unplanned:
            raise Difference(f"{first.request.content!r}\n\nplanned:      {planned!r}\ngraphql-core: {unplanned!r}")


async def _collected(send: Send) -> tuple[httpx.Response, list[Event]]:
    events: list[Event] = []
    token = _events.set(events)
    try:
        return await send(), events
    finally:
        _events.reset(token)


def _content(response: httpx.Response) -> bytes:
    return REQUEST_ID.sub(rb'\1""', response.content)


def _sorted(events: list[Event]) -> list[str]:
    return sorted(map(repr, events))


def _answer(answer: Callable[..., Awaitable[Answer | None]]) -> Callable[..., Awaitable[Answer | None]]:
    @wraps(answer)
    async def answered(plans: Plans, *asked: Any) -> Answer | None:
        if _planner["on"] and not _unplanned.get():
            return await answer(plans, *asked)
        return None

    return answered


def _audit(keep: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @wraps(keep)
    async def kept(log: AuditLog, act: Act, request_id: str | None, counts: Mapping[Counted, int]) -> None:
        events = _events.get()
        if events is not None:
            events.append((act, tuple(sorted(counts.items(), key=repr))))
        if not _unplanned.get():
            await keep(log, act, request_id, counts)

    return kept
