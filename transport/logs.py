"""Structured logs: one line for each request or socket, and the libraries' own lines in the same form, to standard error.

A line says who asked, what operation, and how it went. It must never hold a token, a variable, a query string, or a local
variable of a traceback.

The line of a request is written without `logging` and its handlers, which would cost more than reading the request does.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.types import Processor

from settings import Settings
from transport.headers import ADDED, header

HEADER: Final = b"x-request-id"
SANE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
ID_BYTES: Final = 16
SILENT: Final = ("strawberry.execution",)  # quotes what clients send; transport.errors logs what is unexpected
SWITCHED: Final = 101  # a WebSocket that is open
REFUSED: Final = 403  # one that is not opened
CLOSED_EARLY: Final = 499  # the client left before an answer; the number that others use in logs
LOGGER: Final = "crossgate.request"

Facts = dict[str, object]
WriteLine = Callable[[Facts], None]
"""Writes the line of a request, from its facts."""

PolicyVersion = Callable[[], str | None]
"""The version of the policy in force; None where there is no policy."""

_facts: ContextVar[Facts] = ContextVar("facts")
log = structlog.stdlib.get_logger(LOGGER)


def configure_logging(settings: Settings) -> None:
    """Send all logs of the process through structlog, as lines of JSON or for reading."""
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
    sockets.setLevel(max(logging.INFO, logging.getLevelName(settings.log_level)))  # below it quotes messages of WebSockets
    sockets.addFilter(_quotes_no_address)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # below it counts changes that are told of in full elsewhere
    for name in SILENT:
        logging.getLogger(name).propagate = False
        logging.getLogger(name).handlers = [logging.NullHandler()]


def _quotes_no_address(record: logging.LogRecord) -> bool:
    """A filter: not what uvicorn writes of each WebSocket, with the query string of its address."""
    return "WebSocket %s" not in str(record.msg)


def _rendering(settings: Settings) -> list[Processor]:
    if settings.log_format == "console":
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]


def request_lines(settings: Settings) -> WriteLine | None:
    """What writes the lines of requests to standard error; None where the settings ask for none."""
    if logging.getLevelName(settings.log_level) > logging.INFO:
        return None
    return _write_for_reading if settings.log_format == "console" else _write_json


def _write_for_reading(facts: Facts) -> None:
    log.info("request", **facts)


def _write_json(facts: Facts) -> None:
    stamped = facts | {"event": "request", "level": "info", "logger": LOGGER, "timestamp": datetime.now(UTC)}
    line = orjson.dumps(stamped, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)
    with suppress(OSError, ValueError):  # nobody reads it any more; requests go on
        sys.stderr.write(line.decode())


class RequestLog:
    """Gives each request its id, echoes it in the answer, and writes the request's line.

    What `bind_facts` is told while the request runs (viewer, operation) joins its line.
    """

    def __init__(self, app: ASGIApp, write: WriteLine | None, policy: PolicyVersion) -> None:
        self.app = app
        self.write = write
        self.policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_id = _request_id(header(scope, HEADER))
        scope.setdefault("state", {})["request_id"] = request_id
        raw_id = (HEADER, request_id.encode())
        facts: Facts = {"request_id": request_id}
        if (version := self.policy()) is not None:
            facts["policy"] = version
        _facts.set(facts)  # a pipelined request starts in the context of the one before
        status = CLOSED_EARLY

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = [*message["headers"], raw_id, *scope["state"].get(ADDED, ())]
            elif message["type"] == "websocket.accept":
                status = SWITCHED
            elif message["type"] == "websocket.close" and status == SWITCHED:
                facts["closed"] = message["code"]  # by the gateway
            elif message["type"] == "websocket.close":
                status = REFUSED
            await send(message)

        started = time.perf_counter()
        try:
            await self.app(scope, receive, answer)
        finally:
            if self.write is not None:
                self.write(
                    {
                        **facts,
                        "method": scope.get("method", "GET"),
                        "path": scope["raw_path"].decode("ascii", "replace"),  # still encoded: one line stays one line
                        "status": status,
                        "milliseconds": round((time.perf_counter() - started) * 1000, 1),
                    }
                )


def begin_facts(**facts: object) -> None:
    """Begin the facts of an operation that runs in a task of its own, beside what its request goes on with."""
    _facts.set({**_facts.get({}), **facts})


def bind_facts(**facts: object) -> None:
    """Add facts of the request under way to its log lines; those that are None say nothing."""
    bound = _facts.get({})
    for name, value in facts.items():
        if value is not None:
            bound[name] = value


def _merge_facts(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: the facts of the request under way, where the event does not say otherwise."""
    for name, value in _facts.get({}).items():
        event.setdefault(name, value)
    return event


def _request_id(given: str | None) -> str:
    return given if given is not None and SANE.fullmatch(given) else os.urandom(ID_BYTES).hex()
