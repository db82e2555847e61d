"""The limit on the size of a request's body, held while the body streams in, with or without Content-Length.

A body that announces itself too large is refused before any of it is read. No more than the limit is ever kept.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from transport.headers import header
from transport.refusal import BodyTooLarge, refuse

LONGEST: Final = 18  # digits of a length that is read as a number; Python refuses numbers of thousands of digits


class BodyLimit:
    """Refuses requests with a body above `limit` bytes (413), or above the limit that its path has in `of_path`."""

    def __init__(self, app: ASGIApp, limit: int, of_path: Mapping[str, int]) -> None:
        self.app = app
        self.limit = limit
        self.of_path = of_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.of_path.get(scope["path"], self.limit)
        if _announced(scope) > limit:
            await refuse(BodyTooLarge(limit), scope["state"]["request_id"])(scope, receive, send)
        else:
            await self.app(scope, _counted(receive, limit), send)


def _counted(receive: Receive, limit: int) -> Receive:
    """`receive`, raising BodyTooLarge once the body has grown above the limit."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise BodyTooLarge(limit)
        return message

    return counted


def _announced(scope: Scope) -> int:
    length = header(scope, b"content-length")
    if length is None or not length.isdecimal():
        return 0
    return int(length) if len(length) <= LONGEST else sys.maxsize
