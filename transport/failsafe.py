"""The answer to a request whose handling fails: a refusal with a code, and the traceback only in the log."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.database import is_lost
from transport.errors import INTERNAL, INTERNAL_MESSAGE
from transport.refusal import Refusal, refuse

log = structlog.stdlib.get_logger("crossgate.app")
BROKEN: Final = Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, INTERNAL, INTERNAL_MESSAGE)
AWAY: Final = Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "UNAVAILABLE",
    "The database is temporarily unavailable. Try again in a moment; send mutations again with the same Idempotency-Key.",
    {"Retry-After": "1"},
)
NETWORK: Final = (ConnectionError, TimeoutError)  # of all errors of the operating system, those that a lost database causes


class Failsafe:
    """Middleware that answers 500, or 503 without a database, if the application fails before it starts a response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response_started = scope["type"] != "http"

        async def noting_start(message: Message) -> None:
            nonlocal response_started
            response_started = True
            await send(message)

        try:
            await self.app(scope, receive, noting_start)
        except Exception as error:
            if response_started and not isinstance(error, ClientDisconnect):
                raise
            if (refusal := failure(error)) is not None:
                await refuse(refusal, scope["state"]["request_id"])(scope, receive, send)


def failure(error: Exception) -> Refusal | None:
    """Log an error that nothing has handled, and return what the client gets. None if the client has left."""
    if isinstance(error, ClientDisconnect):
        log.info("client.left")
        return None
    if is_lost(error) and (isinstance(error, NETWORK) or not isinstance(error, OSError)):
        log.warning("database.away", error=type(error).__name__)
        return AWAY
    log.error("request.failed", exc_info=error)
    return BROKEN
