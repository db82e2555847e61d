"""Responses that are sent in pieces: a large page isn't in memory as a whole, unless the client reads it slowly.

The pieces are made ahead of the client, so that a slow one doesn't hold the database connection that they're read with. What waits
for it is its own response. If making a piece fails, the connection is closed before the response is complete, as HTTP has no other
way to say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Final

import orjson
import structlog
from starlette.types import Receive

from schema.extensions.planned_queries import StreamedResult
from transport.operations import answer_of

GAP: Final = b"\0"  # in place of the items, because JSON can't contain it

log = structlog.stdlib.get_logger("crossgate.app")


async def encoded(streamed: StreamedResult, request_id: str) -> AsyncGenerator[bytes, None]:
    """Yield the JSON of a response in pieces."""
    start, _ = _around(streamed, request_id)
    between = start + b"["
    async with aclosing(streamed.pieces()) as pieces:
        async for items in pieces:
            if items:
                yield between + orjson.dumps(items)[1:-1]
                between = b","
    _, end = _around(streamed, request_id)
    yield (b"]" if between == b"," else start + b"[]") + end


def _around(streamed: StreamedResult, request_id: str) -> tuple[bytes, bytes]:
    """Return what comes before and after the items, as far as it's known."""
    start, end = orjson.dumps(answer_of(streamed.result, request_id), default=_gap).split(GAP)
    return start, end


def _gap(_items: Any) -> orjson.Fragment:
    return orjson.Fragment(GAP)


class MadeAhead:
    """Pieces that are made ahead of their reader, in at most `seconds`. Nobody has to read them: making them ends by itself."""

    def __init__(self, pieces: AsyncGenerator[bytes, None], receive: Receive, seconds: float) -> None:
        self._ready: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._making = asyncio.create_task(self._make(pieces, seconds))
        self._leaving = asyncio.create_task(_left(receive))
        self._leaving.add_done_callback(lambda _: self._making.cancel())

    async def read(self) -> AsyncGenerator[bytes, None]:
        """Yield the pieces. Ends early if the client leaves. Raises what fails, and TimeoutError."""
        try:
            while (piece := await self._ready.get()) is not None:
                yield piece
            if not self._leaving.done():
                await self._making
        finally:
            self._making.cancel()
            self._leaving.cancel()
            await asyncio.gather(self._making, self._leaving, return_exceptions=True)

    async def _make(self, pieces: AsyncGenerator[bytes, None], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds), aclosing(pieces):
                async for piece in pieces:
                    self._ready.put_nowait(piece)
        except Exception as error:
            log.error("response.broken", exc_info=error)
            raise
        finally:
            self._ready.put_nowait(None)


async def _left(receive: Receive) -> None:
    """Wait until the client has left. The request's body has been read before."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def joined(pieces: AsyncIterator[bytes]) -> bytes:
    """Return the whole of a response, for clients that can't read pieces."""
    return b"".join([piece async for piece in pieces])
