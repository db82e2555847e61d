"""The limit on the size of a request's body, held while the body streams in, with or without Content-Length.

A body that announces itself too large is refused before any of it is read. No more than the limit is ever kept.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from transport.headers import header
from transport.refusal import BodyTooLarge, refuse


class BodyLimit:
    """Refuses requests with a body above `limit` bytes (413)."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _announced(scope) > self.limit:
            await refuse(BodyTooLarge(self.limit), scope["state"]["request_id"])(scope, receive, send)
        else:
            await self.app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        """`receive`, raising BodyTooLarge once the body has grown above the limit."""
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.limit:
                raise BodyTooLarge(self.limit)
            return message

        return counted


def _announced(scope: Scope) -> int:
    length = header(scope, b"content-length")
    return int(length) if length is not None and length.isdecimal() else 0
