"""Structured logs: one line for each request, and the libraries' own lines in the same form, to standard error.

A line says who asked, what operation, and how it went. It must never hold a token, a variable, a query string, or a local
variable of a traceback.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from typing import Final
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.types import Processor

from settings import Settings

HEADER: Final = "X-Request-ID"
SANE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
SILENT: Final = ("strawberry.execution",)  # quotes what clients send; transport.errors logs what is unexpected
CLOSED_EARLY: Final = 499  # the client left before an answer; the number that others use in logs

log = structlog.stdlib.get_logger("crossgate.request")


def configure_logging(settings: Settings) -> None:
    """Send all logs of the process through structlog, as lines of JSON or for reading."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
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
    for name in SILENT:
        logging.getLogger(name).propagate = False
        logging.getLogger(name).handlers = [logging.NullHandler()]


def _rendering(settings: Settings) -> list[Processor]:
    if settings.log_format == "console":
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]


class RequestLog:
    """Gives each request its id, echoes it in the answer, and writes the request's line.

    What `bind_facts` is told while the request runs (viewer, operation) joins its line.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get(HEADER))
        scope.setdefault("state", {})["request_id"] = request_id
        status = CLOSED_EARLY

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        started = time.perf_counter()
        structlog.contextvars.clear_contextvars()  # a pipelined request starts in the context of the one before
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self.app(scope, receive, answer)
        finally:
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            path = scope["raw_path"].decode("ascii", "replace")  # still encoded: one line stays one line
            log.info("request", method=scope["method"], path=path, status=status, milliseconds=milliseconds)


def bind_facts(**facts: object) -> None:
    """Add facts of the request under way to its log lines; those that are None say nothing."""
    structlog.contextvars.bind_contextvars(**{name: value for name, value in facts.items() if value is not None})


def _request_id(given: str | None) -> str:
    return given if given is not None and SANE.fullmatch(given) else uuid4().hex
