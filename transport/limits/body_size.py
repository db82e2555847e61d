"""The size limit of request bodies, enforced while the body streams in, with or without Content-Length.

If Content-Length exceeds the limit, the request is refused before its body is read. The gateway never buffers more than the limit.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from transport.headers import header
from transport.refusal import BodyTooLarge, refuse

MAX_LENGTH_DIGITS: Final = 18  # digits of a Content-Length that is parsed; Python rejects integers with thousands of digits

BodyLimitOfQuery: TypeAlias = Callable[[str], int]
"""Returns the limit in bytes for a query string."""


class BodyLimit:
    """Middleware that refuses bodies above `limit` bytes (413); `of_path` returns those of individual paths from the query string."""

    def __init__(self, app: ASGIApp, limit: int, of_path: Mapping[str, BodyLimitOfQuery]) -> None:
        self.app = app
        self.limit = limit
        self.of_path = of_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        of_query = self.of_path.get(scope["path"])
        limit = self.limit if of_query is None else of_query(scope["query_string"].decode("latin-1"))
        if content_length(scope) > limit:
            await refuse(BodyTooLarge(limit), scope["state"]["request_id"])(scope, receive, send)
        else:
            await self.app(scope, counted(receive, limit), send)


def counted(receive: Receive, limit: int) -> Receive:
    """Wrap `receive` to raise BodyTooLarge as soon as the body exceeds the limit."""
    size = 0

    async def receive_counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise BodyTooLarge(limit)
        return message

    return receive_counted


def content_length(scope: Scope) -> int:
    """Return the length of a body in bytes, as its header says, or 0 without one."""
    length = header(scope, b"content-length")
    if length is None or not length.isdecimal():
        return 0
    return int(length) if len(length) <= MAX_LENGTH_DIGITS else sys.maxsize
