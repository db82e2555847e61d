"""Subscriptions in tests: one WebSocket inside this process, without a network, and one subscription over it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message

PROTOCOL = "graphql-transport-ws"
PATIENCE = 30  # seconds to wait for a message, even on a busy machine
SILENCE = 0.3  # seconds without a message that count as none


class Closed(Exception):
    """The gateway closed the socket."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class Socket:
    """The client's end of a WebSocket."""

    to_gateway: asyncio.Queue[Message]
    from_gateway: asyncio.Queue[Message]

    async def send(self, message: Any) -> None:
        """Send a message."""
        await self.to_gateway.put({"type": "websocket.receive", "text": json.dumps(message)})

    async def receive(self, patience: float = PATIENCE) -> Any:
        """Return the next message. Raises Closed, or TimeoutError after `patience` seconds."""
        message = await asyncio.wait_for(self.from_gateway.get(), patience)
        if message["type"] == "websocket.close":
            raise Closed(message.get("code", 1000), message.get("reason", ""))
        return json.loads(message["text"])


@dataclass(frozen=True)
class Following:
    """One subscription."""

    socket: Socket

    async def event(self) -> Any:
        """Return the next event with its data, errors and extensions."""
        message = await self.socket.receive()
        assert (message["type"], message["id"]) == ("next", "followed"), message
        return message["payload"]

    async def is_silent(self) -> bool:
        """Whether no message arrives for a while. If a later event is expected, receiving that first is the better proof."""
        try:
            await self.socket.receive(SILENCE)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def opened(app: ASGIApp, headers: Sequence[tuple[bytes, bytes]] = ()) -> AsyncIterator[Socket]:
    """Open a WebSocket that the application accepts. Its tasks have ended when the block ends."""
    socket = Socket(asyncio.Queue(), asyncio.Queue())
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": list(headers),
        "subprotocols": [PROTOCOL],
    }
    serving = asyncio.ensure_future(app(scope, socket.to_gateway.get, socket.from_gateway.put))
    await socket.to_gateway.put({"type": "websocket.connect"})
    accepted = await asyncio.wait_for(socket.from_gateway.get(), PATIENCE)
    assert (accepted["type"], accepted["subprotocol"]) == ("websocket.accept", PROTOCOL)
    try:
        yield socket
    finally:
        await socket.to_gateway.put({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(serving, PATIENCE)
