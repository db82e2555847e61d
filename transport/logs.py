"""Structured logs on standard error: one line per request or socket, and the libraries' own lines in the same format.

A request's line names the user, the operation and the outcome. It must never contain a token, a GraphQL variable, a query string,
or a local variable of a traceback.

Request lines bypass `logging` and its handlers, which would cost more than reading the request.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.types import Processor

from settings import Settings
from telemetry import metrics
from telemetry.families import Count, Timing
from transport.headers import ADDED, RawHeader, header

HEADER: Final = b"x-request-id"
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
ID_BYTES: Final = 16
SILENCED_LOGGERS: Final = ("strawberry.execution",)  # quotes client input; transport.errors logs unexpected errors
SWITCHING_PROTOCOLS: Final = 101  # an accepted WebSocket
REFUSED: Final = 403  # a rejected WebSocket
CLOSED_EARLY: Final = 499  # the client left before the response; nginx logs the same number
LOGGER: Final = "crossgate.request"

Facts = dict[str, object]
WriteLine = Callable[[Facts], None]
"""Writes a request's log line from its facts."""

PolicyVersion = Callable[[], str | None]
"""Returns the version of the policy in force, or None without a policy."""


class _Responses(dict[int, Count]):
    """The numbers of responses by status."""

    def __missing__(self, status: int) -> Count:
        """Start to count a status."""
        self[status] = metrics.RESPONSES.child(str(status))
        return self[status]


RESPONSES: Final = _Responses()
SECONDS: Final[Mapping[object, Timing]] = {
    "query": metrics.REQUEST_SECONDS.child("query"),
    "mutation": metrics.REQUEST_SECONDS.child("mutation"),
    None: metrics.REQUEST_SECONDS.child("other"),
}  # by the type of the operation; a subscription has no duration

_facts: ContextVar[Facts] = ContextVar("facts")
log = structlog.stdlib.get_logger(LOGGER)


def configure_logging(settings: Settings) -> None:
    """Send all logs of the process through structlog, as JSON lines or in a readable format."""
    shared: list[Processor] = [
        _merge_facts,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(allow=())],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(settings)],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    sockets = logging.getLogger("uvicorn.error")
    sockets.setLevel(max(logging.INFO, logging.getLevelName(settings.log_level)))  # DEBUG quotes WebSocket messages
    sockets.addFilter(_quotes_no_address)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # INFO only counts changes that are logged elsewhere
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # WARNING describes the uploaded file
    for name in SILENCED_LOGGERS:
        logging.getLogger(name).disabled = True


def _quotes_no_address(record: logging.LogRecord) -> bool:
    """Filter out uvicorn's line for each WebSocket, which contains the query string."""
    return "WebSocket %s" not in str(record.msg)


def _rendering(settings: Settings) -> list[Processor]:
    if settings.log_format == "console":
        colors = sys.stderr.isatty()  # a file has none
        return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]


def request_lines(settings: Settings) -> WriteLine | None:
    """Return the function that writes request lines to standard error, or None if the log level excludes them."""
    if logging.getLevelName(settings.log_level) > logging.INFO:
        return None
    return _write_for_reading if settings.log_format == "console" else _write_json


def _write_for_reading(facts: Facts) -> None:
    log.info("request", **facts)


def _write_json(facts: Facts) -> None:
    stamped = facts | {"event": "request", "level": "info", "logger": LOGGER, "timestamp": datetime.now(UTC)}
    line = orjson.dumps(stamped, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)
    with suppress(OSError, ValueError):  # standard error is closed; keep serving
        sys.stderr.write(line.decode())


class RequestLog:
    """Middleware that assigns each request an ID, returns it in a header, and writes the request's log line.

    The line includes the facts that `bind_facts` adds while the request runs, such as the viewer and the operation.
    """

    def __init__(self, app: ASGIApp, write: WriteLine | None, policy: PolicyVersion) -> None:
        self.app = app
        self.write = write
        self.policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        facts = self.begin(scope)
        status = CLOSED_EARLY

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = [*message["headers"], *self.added(scope)]
            elif message["type"] == "websocket.accept":
                status = SWITCHING_PROTOCOLS
            elif message["type"] == "websocket.close" and status == SWITCHING_PROTOCOLS:
                facts["closed"] = message["code"]  # by the gateway
            elif message["type"] == "websocket.close":
                status = REFUSED
            await send(message)

        started = time.perf_counter()
        try:
            await self.app(scope, receive, answer)
        finally:
            self.end(scope, facts, status, time.perf_counter() - started)

    def begin(self, scope: Scope) -> Facts:
        """Give a request its ID, and return the facts that `bind_facts` adds to."""
        request_id = _request_id(header(scope, HEADER))
        scope.setdefault("state", {})["request_id"] = request_id
        facts: Facts = {"request_id": request_id}
        if (version := self.policy()) is not None:
            facts["policy"] = version
        _facts.set(facts)  # a pipelined request starts in the previous one's context
        return facts

    def added(self, scope: Scope) -> list[RawHeader]:
        """Return the headers that a response gets: the request's ID, and what its state names."""
        state = scope["state"]
        return [(HEADER, state["request_id"].encode()), *state.get(ADDED, ())]

    def end(self, scope: Scope, facts: Facts, status: int, seconds: float) -> None:
        """Count a response, or a client that left before it, and write its line."""
        RESPONSES[status].value += 1
        if scope["type"] == "http":
            note_duration(seconds)
        if self.write is not None:
            self.write(
                {
                    **facts,
                    "method": scope.get("method", "GET"),
                    "path": scope["raw_path"].decode(
                        "ascii", "replace"
                    ),  # still percent-encoded, so that it can't break the line
                    "status": status,
                    "milliseconds": round(seconds * 1000, 1),
                }
            )


def note_duration(seconds: float) -> None:
    """Count the duration of the current request, or of an operation of a socket."""
    if (timing := SECONDS.get(_facts.get({}).get("operation_type"))) is not None:
        timing.observe(seconds)


def fork_facts(**facts: object) -> None:
    """Start separate facts for an operation that runs in its own task, as a copy of the request's facts."""
    _facts.set({**_facts.get({}), **facts})


def bind_facts(**facts: object) -> None:
    """Add facts to the log lines of the current request. None values are left out."""
    bound = _facts.get({})
    for name, value in facts.items():
        if value is not None:
            bound[name] = value


def _merge_facts(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor that adds the current request's facts, without overwriting the event's own."""
    for name, value in _facts.get({}).items():
        event.setdefault(name, value)
    return event


def _request_id(header_value: str | None) -> str:
    return header_value if header_value is not None and REQUEST_ID.fullmatch(header_value) else os.urandom(ID_BYTES).hex()
